import { eventBusClauses, type EventBusSubject, plantedEventBusBugs, type RelayedBusSubject, relayClauses } from '@regulars/port-contracts';
import type { Positions, RelayedBus } from '@regulars/ports';
import { connectionTo, givenBrokers, kafkaTrial, type KafkaTrial } from '../spec-support/kafka-lab';

/** Long enough for what happens on a real broker; a bug that keeps something from happening takes so long. */
const PATIENCE_MS = 4_000;
const TOPICS = ['contract-a', 'contract-b'] as const;

/** A position as it would be if only offsets were remembered. */
const withoutSequence = (positions: Positions): Positions =>
  Object.fromEntries(Object.entries(positions).map(([source, position]) => [source, position.replace(/@.*$/s, '@#')]));

interface Planted {
  readonly bug: string;
  readonly caughtBy: string;
  readonly plant: (honest: RelayedBus) => RelayedBus;
}

/** Of this adapter's own making: the shared ones of that kind lie inside the double. */
const forgetsTheSequence: Planted = {
  bug: 'forgets the sequence in its positions',
  caughtBy: 'repeats are left out also for a consumer that was started anew from where it had got to',
  plant: (honest) => ({
    publish: (messages) => honest.publish(messages),
    relay: (batch) => honest.relay(batch),
    consume: (options) =>
      honest.consume({ ...options, onBatch: (messages, upTo, done) => options.onBatch(messages, withoutSequence(upTo), done) }),
  }),
};

/** Not run here. Nor are those inside the double (`plant` is absent: what is carried, kept and committed), which cannot lie over another bus. */
const NOT_HERE: readonly string[] = [
  // Spoils the empty batches of an idle topic; this bus hands none over.
  'jumps over what comes while a topic is idle',
  // Late by 20 ms; a group here takes longer than that to hand a source on.
  'tells late that a source has gone',
];

const planted: readonly Planted[] = [
  ...plantedEventBusBugs.flatMap(({ bug, caughtBy, plant }) => (plant && !NOT_HERE.includes(bug) ? [{ bug, caughtBy, plant }] : [])),
  forgetsTheSequence,
];

/** The failed assertion. Any other error would be the bug's own and prove nothing; undefined where the clause holds. */
async function failureOf({ caughtBy, plant }: Planted): Promise<{ readonly code?: string } | undefined> {
  const clause = [...eventBusClauses, ...relayClauses].find(({ name }) => name === caughtBy);
  if (!clause) throw new Error(`There is no clause: ${caughtBy}`);
  const trials = new WeakMap<EventBusSubject, KafkaTrial>();
  const subjectOf = async (trial: KafkaTrial): Promise<RelayedBusSubject> => {
    const subject: RelayedBusSubject = { bus: plant(await trial.open()), topics: TOPICS, chain: 'demo' };
    trials.set(subject, trial);
    return subject;
  };
  const lab = {
    create: async () => subjectOf(await kafkaTrial(connectionTo(givenBrokers()), TOPICS)),
    reopen: async (subject: EventBusSubject) => subjectOf(trials.get(subject) as KafkaTrial),
    dispose: async (subject: EventBusSubject) => trials.get(subject)?.dispose(),
    shares: true,
    patienceMs: PATIENCE_MS,
  };
  return clause.check(lab).then(
    () => undefined,
    (error: { code?: string }) => error,
  );
}

describe('on real Kafka the contract can fail', () => {
  // They mostly wait, so several at a time.
  test.concurrent.each(planted.map((one) => [one.bug, one] as const))('a bus that %s is caught', async (_, one) => {
    expect((await failureOf(one))?.code).toBe('ERR_ASSERTION');
  });
});
