import { eventBusClauses, type EventBusSubject, type RelayedBusSubject, relayClauses } from '@regulars/port-contracts';
import type { ConsumeOptions, Positions, RelayedBus } from '@regulars/ports';
import { connectionTo, givenBrokers, kafkaTrial, type KafkaTrial } from '../spec-support/kafka-lab';

/** Long enough for what happens on a real broker; a bug that keeps something from happening takes so long. */
const PATIENCE_MS = 4_000;

/** A position as it would be if only offsets were remembered. */
const withoutSequence = (positions: Positions): Positions =>
  Object.fromEntries(Object.entries(positions).map(([source, position]) => [source, position.replace(/@.*$/s, '@#')]));

type Spoil = (honest: RelayedBus) => Partial<RelayedBus>;

const consuming =
  (rewrite: (options: ConsumeOptions) => ConsumeOptions): Spoil =>
  (honest) => ({ consume: (options) => honest.consume(rewrite(options)) });

const planted: readonly (readonly [bug: string, caughtBy: string, spoil: Spoil])[] = [
  [
    'takes a batch for consumed before it is handled',
    'the next batch waits until the one before is done',
    consuming((options) => ({ ...options, onBatch: async (...batch) => void options.onBatch(...batch).catch(() => undefined) })),
  ],
  [
    'goes on where a handler failed',
    'a batch that fails comes again from its first message that was not done',
    consuming((options) => ({ ...options, onBatch: (...batch) => options.onBatch(...batch).catch(() => undefined) })),
  ],
  [
    'forgets the sequence in its positions',
    'repeats are left out also for a consumer that was started anew from where it had got to',
    consuming((options) => ({ ...options, onBatch: (messages, upTo, done) => options.onBatch(messages, withoutSequence(upTo), done) })),
  ],
  [
    'ignores epochs',
    'what an overtaken owner still says is left out',
    (honest) => ({ relay: (batch) => honest.relay({ ...batch, epoch: 1 }) }),
  ],
  [
    'publishes out of order',
    'messages of one key arrive in the order of publishing',
    (honest) => ({ publish: (messages) => honest.publish([...messages].reverse()) }),
  ],
];

describe('on real Kafka the contract can fail', () => {
  test.each(planted)('a bus that %s is caught', async (_, caughtBy, spoil) => {
    const clause = [...eventBusClauses, ...relayClauses].find(({ name }) => name === caughtBy);
    if (!clause) throw new Error(`There is no clause: ${caughtBy}`);
    const trials = new WeakMap<EventBusSubject, KafkaTrial>();
    const subjectOf = async (trial: KafkaTrial): Promise<RelayedBusSubject> => {
      const honest = await trial.open();
      const bus: RelayedBus = {
        publish: (messages) => honest.publish(messages),
        consume: (options) => honest.consume(options),
        relay: (batch) => honest.relay(batch),
        ...spoil(honest),
      };
      const subject: RelayedBusSubject = { bus, topics: ['contract-a', 'contract-b'], chain: 'demo' };
      trials.set(subject, trial);
      return subject;
    };
    const failure = await clause
      .check({
        create: async () => subjectOf(await kafkaTrial(connectionTo(givenBrokers()), ['contract-a', 'contract-b'])),
        reopen: async (subject) => subjectOf(trials.get(subject) as KafkaTrial),
        dispose: async (subject) => trials.get(subject)?.dispose(),
        patienceMs: PATIENCE_MS,
      })
      .then(
        () => undefined,
        (error: { code?: string }) => error,
      );
    // Any other error would be the bug's own and prove nothing.
    expect(failure?.code).toBe('ERR_ASSERTION');
  });
});
