import { eventBusContract, type EventBusLab, type EventBusSubject } from '@regulars/port-contracts';
import { connectionTo, givenBrokers, kafkaTrial, type KafkaTrial } from '../spec-support/kafka-lab';

const TOPICS = ['contract-a', 'contract-b'] as const;
const trials = new WeakMap<EventBusSubject, KafkaTrial>();

async function subjectOf(trial: KafkaTrial): Promise<EventBusSubject> {
  const subject: EventBusSubject = { bus: await trial.open(), topics: TOPICS, chain: 'demo' };
  trials.set(subject, trial);
  return subject;
}

const lab: EventBusLab = {
  create: async () => subjectOf(await kafkaTrial(connectionTo(givenBrokers()), TOPICS)),
  reopen: async (subject) => subjectOf(trials.get(subject) as KafkaTrial),
  dispose: async (subject) => trials.get(subject)?.dispose(),
  patienceMs: 15_000,
};

eventBusContract({ name: 'the Kafka bus', ...lab });
