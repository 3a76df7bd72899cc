import type { Consumption, DeliveredMessage } from '@regulars/ports';
import type { DeadLetter } from '../dead-letters/dead-letters';
import type { RedriveOutcome } from '../projections/parking-intake';
import { type BackOff, backOffMs, waitUnless } from './back-off';
import type { Following, FollowingStatus, FollowMessagesOptions } from './following';
import { FollowingState } from './following-state';
import { KeyedLanes, Slots } from './keyed-lanes';
import { MessageIntake, reasonOf, Stopped } from './message-intake';

const CONCURRENCY_DEFAULT = 64;
const ATTEMPTS_DEFAULT = 8;
const RETRY_DEFAULT: BackOff = { delayMsMin: 100, delayMsMax: 5_000 };
const RESTART_DEFAULT: BackOff = { delayMsMin: 250, delayMsMax: 30_000 };
const BATCH_MESSAGES_DEFAULT = 500;
const SOURCES_AT_ONCE_DEFAULT = 64;
const DRAIN_SECONDS_DEFAULT = 20;
/** So often a re-drive looks for what was parked meanwhile. */
const REDRIVE_ROUNDS_MAX = 10;

/**
 * Follows the messages of some topics in a group, from where the group has got to: those of different keys at the same time, those of
 * one key strictly in order, also over restarts, rebalances and re-drives. Each message ends in one of three ways: handled; parked,
 * durably and with what follows for its key, where it can never be handled; or, after bounded attempts at a fault that may pass, not at all:
 * then the consumption begins anew, after a delay, at the first message that has not ended.
 */
export function followMessages(options: FollowMessagesOptions): Following {
  return new MessageFollower(options);
}

class MessageFollower implements Following {
  readonly group: string;
  private readonly stopping = new AbortController();
  private readonly lanes = new KeyedLanes();
  private readonly slots: Slots;
  private readonly intake: MessageIntake;
  private readonly state: FollowingState;
  /** Ids of messages that ended behind a gap, by source: they are not handled again when the gap's message comes again. */
  private readonly endedBehindGap = new Map<string, ReadonlySet<string>>();
  private readonly batches = new Set<Promise<unknown>>();
  private readonly redrives = new Set<Promise<unknown>>();
  private readonly loop: Promise<void>;
  private consumption: Consumption | undefined;
  private closing: Promise<void> | undefined;
  private failures = 0;

  constructor(private readonly options: FollowMessagesOptions) {
    const { group, report, attemptsMax = ATTEMPTS_DEFAULT, retry = RETRY_DEFAULT } = options;
    this.group = group;
    this.slots = new Slots(options.concurrency ?? CONCURRENCY_DEFAULT);
    const onParked = ({ type }: DeliveredMessage, reason: string) => report('parked', { group, type, reason });
    this.intake = new MessageIntake({ ...options, attemptsMax, retry, onParked }, this.slots, this.stopping.signal);
    this.state = new FollowingState(options.clock);
    this.loop = this.follow();
  }

  status(): FollowingStatus {
    const { caughtUp, fault } = this.state;
    const parked = this.options.deadLetters.count(this.group);
    return { caughtUp, fault, parked, inFlight: this.slots.inUse(), lagSeconds: this.state.lagSeconds() };
  }

  async redrive(consumer: string, key: string): Promise<RedriveOutcome> {
    if (consumer !== this.group || this.stopping.signal.aborted) return { redriven: 0 };
    return tracked(this.redrives, this.redriveKey(key));
  }

  close(): Promise<void> {
    return (this.closing ??= this.closeOnce());
  }

  private async closeOnce(): Promise<void> {
    const { group, report, drainSecondsMax = DRAIN_SECONDS_DEFAULT } = this.options;
    this.stopping.abort();
    const over = new AbortController();
    const drained = Promise.allSettled([this.consumption?.close(), this.loop, ...this.batches, ...this.redrives]).then(() => true);
    const late = waitUnless(over.signal, drainSecondsMax * 1_000).then(() => false);
    const inTime = await Promise.race([drained, late]);
    over.abort();
    if (!inTime) report('late', { group, reason: `${this.slots.inUse()} messages were still under way at the deadline; they come again` });
  }

  private async follow(): Promise<void> {
    // Not in the caller's own tick, which has no Following in its hands yet.
    await Promise.resolve();
    const { restart = RESTART_DEFAULT, random, report, group } = this.options;
    while (!this.stopping.signal.aborted) {
      try {
        this.consumption = this.consume();
        await this.consumption.ended;
      } catch (error) {
        if (error instanceof Stopped) break;
        this.state.failed('', reasonOf(error));
        report('fault', { group, reason: reasonOf(error) });
      }
      // Whatever ended it, nothing is given twice at the same time.
      await Promise.allSettled([...this.batches]);
      await waitUnless(this.stopping.signal, backOffMs(restart, ++this.failures, random));
    }
  }

  private consume(): Consumption {
    const { bus, group, topics, batchMessagesMax = BATCH_MESSAGES_DEFAULT, sourcesAtOnce = SOURCES_AT_ONCE_DEFAULT } = this.options;
    this.state.begin();
    return bus.consume({
      group,
      topics,
      from: 'committed',
      batchMessagesMax,
      sourcesAtOnce,
      onBatch: (messages, upTo, done) => tracked(this.batches, this.takeBatch(messages, Object.keys(upTo), done)),
      onRevoked: async (sources) => {
        await Promise.allSettled([...this.redrives]);
        this.state.revoked(sources);
      },
      onWatermark: (source, watermark) => this.state.note(source, watermark),
      onCaughtUp: () => this.state.caughtUpNow(),
    });
  }

  private async takeBatch(
    messages: readonly DeliveredMessage[],
    sources: readonly string[],
    done: (message: DeliveredMessage) => void,
  ): Promise<void> {
    if (this.stopping.signal.aborted) throw new Stopped();
    if (messages.length > 0) this.state.busy();
    if (this.state.hold(sources)) await this.options.deadLetters.refresh(this.group);
    const runs = [...groupBy(messages, laneOf)];
    const ended = new Set<DeliveredMessage>();
    const take = (run: readonly DeliveredMessage[]) =>
      this.takeRun(run, (message) => {
        ended.add(message);
        done(message);
      });
    const outcomes = await Promise.allSettled(runs.map(([lane, run]) => this.lanes.run(lane, () => take(run))));
    const faults = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    if (faults.length > 0) this.failBatch(messages, ended, faults);
    for (const source of sources) {
      this.endedBehindGap.delete(source);
      this.state.passed(source);
    }
    if (this.state.fault === undefined) this.failures = 0;
  }

  /** One after the other; what comes behind one that has not ended is left for later. */
  private async takeRun(run: readonly DeliveredMessage[], ended: (message: DeliveredMessage) => void): Promise<void> {
    for (const message of run) {
      if (!this.endedBehindGap.get(message.source)?.has(message.id)) await this.intake.take(message);
      ended(message);
    }
  }

  private failBatch(messages: readonly DeliveredMessage[], ended: ReadonlySet<DeliveredMessage>, faults: readonly unknown[]): never {
    for (const [source, some] of groupBy(messages, (message) => message.source)) {
      this.endedBehindGap.set(source, new Set(some.filter((message) => ended.has(message)).map(({ id }) => id)));
    }
    const fault = faults.find((each) => !(each instanceof Stopped)) ?? faults[0];
    const failed = messages.find((message) => !ended.has(message));
    if (failed && !(fault instanceof Stopped)) this.state.failed(failed.source, reasonOf(fault));
    throw fault;
  }

  /** Each source in the key's lane there, so that nothing that comes is handled meanwhile. */
  private async redriveKey(key: string): Promise<RedriveOutcome> {
    const letters = await this.options.deadLetters.ofKey(this.group, key);
    let redriven = 0;
    for (const [source] of groupBy(letters, sourceOf)) {
      const outcome = await this.lanes.run(laneOf({ source, key }), () => this.redriveLane(source, key));
      redriven += outcome.redriven;
      if (outcome.failed !== undefined) return { redriven, failed: outcome.failed };
    }
    return { redriven };
  }

  /** Until nothing is left: the owner of the source, if that is another process, parks what comes meanwhile. */
  private async redriveLane(source: string, key: string): Promise<RedriveOutcome> {
    let redriven = 0;
    for (let round = 0; round < REDRIVE_ROUNDS_MAX; round++) {
      const letters = (await this.options.deadLetters.ofKey(this.group, key)).filter((letter) => sourceOf(letter) === source);
      if (letters.length === 0) break;
      const outcome = await this.intake.redrive(letters);
      redriven += outcome.redriven;
      if (outcome.failed !== undefined) return { redriven, failed: outcome.failed };
    }
    return { redriven };
  }
}

async function tracked<T>(underWay: Set<Promise<unknown>>, work: Promise<T>): Promise<T> {
  underWay.add(work);
  try {
    return await work;
  } finally {
    underWay.delete(work);
  }
}

const sourceOf = ({ item }: DeadLetter): string => (item as unknown as DeliveredMessage).source;

function laneOf({ source, key }: Pick<DeliveredMessage, 'source' | 'key'>): string {
  return `${source}\u001f${key}`;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
