import type { ConsumeOptions, Consumption } from '@regulars/ports';
import type { Kafka } from 'kafkajs';
import { settledWithin } from '../connection/deadline';
import { reasonOf } from '../connection/errors';
import type { KafkaTimings } from '../connection/options';
import type { Troubles } from '../connection/troubles';
import type { TopicReader } from '../messages/decode';
import type { Partition } from '../messages/source-name';
import { Commits } from './commits';
import { HandOver } from './hand-over';
import type { HeldSource } from './held-source';
import { Holdings } from './holdings';
import { type Fetched, Membership, type MembershipListener } from './membership';
import { pause } from './patience';

/** What a consumption needs. */
export interface ConsumptionOptions {
  readonly kafka: Kafka;
  readonly timings: KafkaTimings;
  readonly troubles: Troubles;
  readonly groupId: string;
  /** By the name in Kafka of each topic asked for: how to read it. */
  readonly readers: ReadonlyMap<string, TopicReader>;
  readonly fetchBytesMax: number;
  readonly sourceBytesMax: number;
  readonly consumer: ConsumeOptions;
}

/**
 * A consumer of a group. It outlives any number of memberships: while Kafka is away it tries again for ever, and asks anew where everything
 * begins once it is back. Fetching, handling and committing do not wait for one another, so a slow handler costs no session.
 */
export class GroupConsumption implements Consumption, MembershipListener {
  readonly ended: Promise<void>;
  private readonly holdings: Holdings;
  private readonly handOver: HandOver;
  private readonly commits: Commits;
  private readonly part: string;
  private membership: Membership | undefined;
  private failure: { readonly error: unknown } | undefined;
  private readonly stopped = new AbortController();
  private readonly abandoned = new AbortController();
  private readonly whenStopped = whenAborted(this.stopped.signal);
  private readonly whenAbandoned = whenAborted(this.abandoned.signal);

  /** Throws RangeError for limits that are no positive integers. */
  constructor(private readonly options: ConsumptionOptions) {
    const { consumer, groupId } = options;
    this.part = `consumer ${groupId}`;
    const fail = (error: unknown): void => this.fail(error);
    this.commits = new Commits((offsets) => this.membership?.commit(offsets) ?? Promise.resolve());
    this.holdings = new Holdings({
      ...options,
      part: this.part,
      stopped: this.stopped.signal,
      onLost: (gone) => this.commits.drop(gone),
      onBegun: () => this.handOver.tellCaughtUp(),
      fail,
    });
    this.handOver = new HandOver({
      consumer,
      holdings: this.holdings,
      commits: this.commits,
      mayStart: () => !this.stopped.signal.aborted && this.membership?.isAlive === true,
      resume: (source) => this.resume(source),
      fail,
    });
    this.ended = this.run();
    // Whoever wants to know looks at `ended`.
    this.ended.catch(() => undefined);
  }

  async close(): Promise<void> {
    this.stopped.abort();
    await this.ended.catch(() => undefined);
  }

  /** Ends without waiting any longer for the batches under way. What they say was done, without a gap, is still committed. */
  abandon(): void {
    this.stopped.abort();
    this.abandoned.abort();
  }

  /** What keeps it from consuming now; undefined where nothing does. */
  get trouble(): string | undefined {
    if (this.stopped.signal.aborted) return undefined;
    if (!this.membership?.hasJoined) return `${this.part}: has not joined its group yet`;
    return this.membership.isAlive ? undefined : `${this.part}: nothing is heard from Kafka`;
  }

  joined(membership: Membership, partitions: readonly Partition[], continuous: boolean): void {
    if (membership !== this.membership) return;
    this.options.troubles.clear(this.part);
    this.holdings.assign(membership, partitions, continuous);
  }

  fetched(membership: Membership, batch: Fetched): { readonly taken: boolean; readonly room: Promise<void> } {
    const source = membership === this.membership ? this.holdings.get(batch) : undefined;
    if (!source?.ready) return { taken: false, room: Promise.resolve() };
    if (batch.from !== source.wanted) return { taken: false, room: this.holdings.stray(membership, source) };
    source.strays = 0;
    source.take(batch.records, batch.next, batch.end);
    this.handOver.pump();
    return { taken: true, room: this.roomIn(source) };
  }

  nothingIn(membership: Membership, partition: Partition, first: number, last: number): void {
    const source = membership === this.membership ? this.holdings.get(partition) : undefined;
    if (!source?.ready || source.wanted < first || source.wanted > last) return;
    source.take([], last + 1, last + 1);
    this.handOver.tellCaughtUp();
  }

  alive(): void {
    this.handOver.pump();
  }

  private async run(): Promise<void> {
    // Never inside the caller's own tick: it has no Consumption in its hands yet.
    await Promise.resolve();
    const { timings, troubles, readers } = this.options;
    const { signal } = this.stopped;
    for (let waitMs = timings.retryFirstMs; !signal.aborted; waitMs = Math.min(waitMs * 2, timings.retryMostMs)) {
      const held = (): string[] => this.holdings.all().map(({ name }) => name);
      const membership = new Membership({ ...this.options, topics: [...readers.keys()], held, listener: this });
      this.membership = membership;
      const reason = await Promise.race([membership.run(), this.whenStopped]);
      if (signal.aborted) break;
      troubles.set(this.part, reasonOf(reason));
      if (membership.hasJoined) waitMs = timings.retryFirstMs;
      this.holdings.revoke(this.holdings.all());
      await Promise.all([membership.leave(), pause(waitMs, signal)]);
    }
    await this.finish();
    if (this.failure) throw this.failure.error;
  }

  /** Lets batches under way come to their end, then lets go of everything: the group learns last that this consumer is gone. */
  private async finish(): Promise<void> {
    const { timings, troubles } = this.options;
    const { holdings } = this;
    await Promise.race([Promise.all(holdings.all().map(async ({ busy }) => busy)), this.whenAbandoned]);
    this.handOver.commitDone();
    await settledWithin(timings.closeTimeoutMs, this.commits.settled());
    holdings.revoke(holdings.all());
    await Promise.race([holdings.allTold(), this.whenAbandoned]);
    await this.membership?.leave();
    troubles.clear(this.part);
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    this.stopped.abort();
  }

  /** Resolves when there is room for more of a source. Where that takes long, nothing of it is fetched for a while, and others go on. */
  private async roomIn(source: HeldSource): Promise<void> {
    await settledWithin(this.options.timings.fetchWaitMs, source.room());
    if (!source.full || source.lost) return;
    source.paused = true;
    this.membership?.pause(source.partition);
  }

  private resume(source: HeldSource): void {
    if (source.lost) return;
    source.paused = false;
    this.membership?.resume(source.partition);
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
