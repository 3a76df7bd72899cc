import {
  eventBusContract,
  type EventBusSubject,
  relayedBusContract,
  type RelayedBusLab,
  type RelayedBusSubject,
} from '@regulars/port-contracts';
import { connectionTo, givenBrokers, kafkaTrial, type KafkaTrial } from '../spec-support/kafka-lab';

const TOPICS = ['contract-a', 'contract-b'] as const;
const trials = new WeakMap<EventBusSubject, KafkaTrial>();

async function subjectOf(trial: KafkaTrial): Promise<RelayedBusSubject> {
  const subject: RelayedBusSubject = { bus: await trial.open(), topics: TOPICS, chain: 'demo' };
  trials.set(subject, trial);
  return subject;
}

const lab: RelayedBusLab = {
  create: async () => subjectOf(await kafkaTrial(connectionTo(givenBrokers()), TOPICS)),
  reopen: async (subject) => subjectOf(trials.get(subject) as KafkaTrial),
  dispose: async (subject) => trials.get(subject)?.dispose(),
  shares: true,
  patienceMs: 15_000,
};

eventBusContract({ name: 'the Kafka bus', ...lab });
relayedBusContract({ name: 'the Kafka bus', ...lab });
