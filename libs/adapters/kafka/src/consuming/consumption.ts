import type { ConsumeOptions, Consumption, DeliveredMessage } from '@regulars/ports';
import type { Admin, Kafka, PartitionAssigner } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { asAdmin } from '../connection/client';
import { settledWithin } from '../connection/deadline';
import { isPassing, reasonOf } from '../connection/errors';
import type { KafkaTimings } from '../connection/options';
import type { Troubles } from '../connection/troubles';
import type { TopicReader } from '../messages/decode';
import { parsePosition } from '../messages/position';
import { type Partition, sourceName } from '../messages/source-name';
import { Commits } from './commits';
import { type Cut, HeldSource } from './held-source';
import { type Fetched, Membership, type MembershipListener } from './membership';
import { assertHeld, type StartingPoint, startingPoints } from './starting-points';

const BATCH_MESSAGES_DEFAULT = 1_000;
/** After so many records without a message the consumer is told how far it has got all the same, so that a restart need not read them again. */
const UNMENTIONED_MAX = 1_000;
const STRAYS_MAX = 3;

/** What a consumption needs. */
export interface ConsumptionOptions {
  readonly kafka: Kafka;
  readonly timings: KafkaTimings;
  readonly troubles: Troubles;
  readonly groupId: string;
  /** Names in Kafka of the topics asked for, and how to read them. */
  readonly readers: ReadonlyMap<string, TopicReader>;
  readonly assigner: PartitionAssigner;
  readonly fetchBytesMax: number;
  readonly sourceBytesMax: number;
  readonly consumer: ConsumeOptions;
}

interface UnderWay {
  readonly cut: Cut;
  readonly done: Set<DeliveredMessage>;
}

/**
 * A consumer of a group: hands over what is fetched, source by source, and commits what was handled. It outlives any number of memberships:
 * while Kafka is away it tries again for ever, and asks anew for everything once it is back.
 */
export class GroupConsumption implements Consumption, MembershipListener {
  readonly ended: Promise<void>;
  private readonly held = new Map<string, HeldSource>();
  private readonly revocations = new Map<string, Promise<void>>();
  private readonly underWay = new Map<HeldSource, UnderWay>();
  private readonly commits: Commits;
  private readonly part: string;
  private readonly batchMax: number;
  private readonly atOnceMax: number;
  private membership: Membership | undefined;
  private failure: { readonly error: unknown } | undefined;
  private stopping = false;
  private readonly stopped = new AbortController();
  private readonly abandoned = new AbortController();

  constructor(private readonly options: ConsumptionOptions) {
    const { batchMessagesMax = BATCH_MESSAGES_DEFAULT, sourcesAtOnce = 1 } = options.consumer;
    if (!Number.isInteger(batchMessagesMax) || batchMessagesMax < 1) throw new RangeError('batchMessagesMax must be a positive integer');
    if (!Number.isInteger(sourcesAtOnce) || sourcesAtOnce < 1) throw new RangeError('sourcesAtOnce must be a positive integer');
    this.batchMax = batchMessagesMax;
    this.atOnceMax = sourcesAtOnce;
    this.part = `consumer ${options.groupId}`;
    this.commits = new Commits(
      (offsets) => this.membership?.commit(offsets) ?? Promise.resolve(),
      () => undefined,
    );
    this.ended = this.run();
    this.ended.catch(() => undefined);
  }

  async close(): Promise<void> {
    this.stop();
    await this.ended.catch(() => undefined);
  }

  /** Ends without waiting any longer for the batches under way. What they say was done, without a gap, is still committed. */
  abandon(): void {
    this.stop();
    this.abandoned.abort();
  }

  /** What keeps it from consuming now; undefined where nothing does. */
  get trouble(): string | undefined {
    if (this.stopping) return undefined;
    if (!this.membership?.hasJoined) return `${this.part}: has not joined its group yet`;
    return this.membership.isAlive ? undefined : `${this.part}: nothing is heard from Kafka`;
  }

  joined(partitions: readonly Partition[], continuous: boolean): void {
    const names = new Set(partitions.map(sourceName));
    this.revoke([...this.held.values()].filter(({ name }) => !continuous || !names.has(name)));
    const kept = [...this.held.values()];
    const come = partitions.filter((partition) => !this.held.has(sourceName(partition))).map((partition) => this.hold(partition));
    for (const source of come) this.membership?.pause(source.partition);
    for (const source of kept) if (source.ready) this.membership?.seek(source.partition, source.wanted);
    this.options.troubles.clear(this.part);
    this.settle(come);
  }

  fetched(batch: Fetched): { readonly taken: boolean; readonly room: Promise<void> } {
    const source = this.held.get(sourceName(batch));
    if (!source?.ready) return { taken: false, room: Promise.resolve() };
    if (batch.from !== source.wanted) return { taken: false, room: this.stray(source) };
    source.strays = 0;
    source.take(batch.records, batch.next, batch.end);
    this.pump();
    return { taken: true, room: this.roomIn(source) };
  }

  nothingIn(partition: Partition, first: number, last: number): void {
    const source = this.held.get(sourceName(partition));
    if (!source?.ready || source.wanted < first || source.wanted > last) return;
    source.take([], last + 1, last + 1);
    this.tellCaughtUp();
  }

  alive(): void {
    this.pump();
  }

  private async run(): Promise<void> {
    // Never inside the caller's own tick: it has no Consumption in its hands yet.
    await Promise.resolve();
    const { timings, troubles } = this.options;
    for (let waitMs = timings.retryFirstMs; !this.stopping; waitMs = Math.min(waitMs * 2, timings.retryMostMs)) {
      const membership = new Membership({ ...this.options, topics: [...this.options.readers.keys()], listener: this });
      this.membership = membership;
      const reason = await Promise.race([membership.run(), this.whenStopped()]);
      if (this.stopping) break;
      troubles.set(this.part, reasonOf(reason));
      if (membership.hasJoined) waitMs = timings.retryFirstMs;
      this.revoke([...this.held.values()]);
      await Promise.all([membership.leave(), this.pause(waitMs)]);
    }
    await this.finish();
    if (this.failure) throw this.failure.error;
  }

  /** Lets batches under way come to their end, then lets go of everything: the group learns last that this consumer is gone. */
  private async finish(): Promise<void> {
    const { timings, troubles } = this.options;
    const busy = Promise.all([...this.held.values()].map((source) => source.busy));
    await Promise.race([busy, whenAborted(this.abandoned.signal)]);
    for (const [source, underWay] of this.underWay) this.commitDone(source, underWay);
    await settledWithin(timings.closeTimeoutMs, this.commits.settled());
    this.revoke([...this.held.values()]);
    await Promise.race([Promise.all(this.revocations.values()), whenAborted(this.abandoned.signal)]);
    await this.membership?.leave();
    troubles.clear(this.part);
  }

  private stop(): void {
    this.stopping = true;
    this.stopped.abort();
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    this.stop();
  }

  private hold(partition: Partition): HeldSource {
    const reader = this.options.readers.get(partition.topic);
    if (!reader) throw new Error(`${sourceName(partition)} was never asked for`);
    const source = new HeldSource(partition, reader, this.options.sourceBytesMax);
    this.held.set(source.name, source);
    return source;
  }

  /** Takes sources away at once, and tells the consumer when their batches have ended. */
  private revoke(gone: readonly HeldSource[]): void {
    if (gone.length === 0) return;
    for (const source of gone) {
      this.held.delete(source.name);
      source.lose();
    }
    this.commits.drop(gone);
    const revoking = this.tellRevoked(gone).catch((error: unknown) => this.fail(error));
    for (const { name } of gone) this.revocations.set(name, revoking);
    void revoking.then(() => {
      for (const { name } of gone) if (this.revocations.get(name) === revoking) this.revocations.delete(name);
    });
  }

  private async tellRevoked(gone: readonly HeldSource[]): Promise<void> {
    await Promise.all(gone.map(({ busy }) => busy));
    const names = gone.filter(({ asked }) => asked).map(({ name }) => name);
    if (names.length > 0) await this.options.consumer.onRevoked?.(names);
  }

  /** Asks where sources that have come begin, and begins there. */
  private settle(come: readonly HeldSource[]): void {
    const settling = this.findBeginnings(come).then(
      () => undefined,
      (error: unknown) => this.fail(error),
    );
    for (const source of come) source.busy = settling;
    void settling.then(() => {
      for (const source of come) {
        source.busy = undefined;
        if (source.lost || !source.ready) continue;
        source.paused = false;
        this.membership?.resume(source.partition);
      }
      this.tellCaughtUp();
    });
  }

  private async findBeginnings(come: readonly HeldSource[]): Promise<void> {
    const { from } = this.options.consumer;
    await Promise.all(come.map(({ name }) => this.revocations.get(name)));
    const asking = come.filter(({ lost }) => !lost);
    if (asking.length === 0 || this.stopping) return;
    for (const source of asking) source.asked = true;
    const positions = typeof from === 'function' ? await from(asking.map(({ name }) => name)) : from;
    const points = await this.persist(
      () => asking.some(({ lost }) => !lost),
      (admin) =>
        startingPoints(
          admin,
          this.options.groupId,
          asking.map(({ partition }) => partition),
          positions,
        ),
    );
    for (const source of asking) {
      const point = points?.get(source.name) as StartingPoint | undefined;
      if (source.lost || !point) continue;
      source.begin(point.offset, point.passed, point.end);
      this.membership?.seek(source.partition, point.offset);
    }
  }

  /** Asks Kafka until it answers or nobody needs the answer any more. */
  private async persist<T>(needed: () => boolean, ask: (admin: Admin) => Promise<T>): Promise<T | undefined> {
    const { kafka, timings, troubles } = this.options;
    for (let waitMs = timings.retryFirstMs; needed() && !this.stopping; waitMs = Math.min(waitMs * 2, timings.retryMostMs)) {
      try {
        const answer = await asAdmin(kafka, ask);
        troubles.clear(this.part);
        return answer;
      } catch (error) {
        if (!isPassing(error)) throw error;
        troubles.set(this.part, reasonOf(error));
        await this.pause(waitMs);
      }
    }
    return undefined;
  }

  /** A batch that was asked for before its source began elsewhere: thrown away. Where it stays like that, the place is gone. */
  private async stray(source: HeldSource): Promise<void> {
    this.membership?.seek(source.partition, source.wanted);
    if (++source.strays % STRAYS_MAX !== 0) return;
    try {
      await this.persist(
        () => !source.lost,
        (admin) => assertHeld(admin, source.partition, source.wanted),
      );
    } catch (error) {
      this.fail(error);
    }
  }

  /** Resolves when there is room for more of a source. Where that takes long, nothing of it is fetched for a while, and others go on. */
  private async roomIn(source: HeldSource): Promise<void> {
    await settledWithin(this.options.timings.fetchWaitMs, source.room());
    if (!source.full || source.lost) return;
    source.paused = true;
    this.membership?.pause(source.partition);
  }

  /** Hands over a batch of each source that has one and none under way, as many as may be at once; the sources take turns. */
  private pump(): void {
    if (this.stopping || !this.membership?.isAlive) return;
    for (const source of [...this.held.values()]) {
      if (this.underWay.size >= this.atOnceMax) return;
      if (!source.ready || source.busy || !source.hasRecords) continue;
      this.held.delete(source.name);
      this.held.set(source.name, source);
      source.busy = this.handOver(source)
        .catch((error: unknown) => this.fail(error))
        .finally(() => {
          source.busy = undefined;
          this.underWay.delete(source);
          this.tellCaughtUp();
          this.pump();
        });
    }
  }

  private async handOver(source: HeldSource): Promise<void> {
    const { onBatch, onWatermark } = this.options.consumer;
    const cut = source.cut(this.batchMax);
    const underWay: UnderWay = { cut, done: new Set() };
    this.underWay.set(source, underWay);
    if (source.paused && !source.full) {
      source.paused = false;
      this.membership?.resume(source.partition);
    }
    if (cut.messages.length > 0 || source.unmentioned >= UNMENTIONED_MAX) {
      source.unmentioned = 0;
      try {
        await onBatch(cut.messages, { [source.name]: cut.upTo }, (message) => void underWay.done.add(message));
      } catch (error) {
        this.commitDone(source, underWay);
        throw error;
      }
    }
    if (source.lost) return;
    this.commits.set(source, cut);
    if (cut.watermark) onWatermark?.(source.name, cut.watermark);
  }

  /** Commits what was done of a batch that does not come to its end, up to the first message that was not. */
  private commitDone(source: HeldSource, { cut, done }: UnderWay): void {
    const gap = cut.messages.findIndex((message) => !done.has(message));
    const last = cut.messages[gap < 0 ? cut.messages.length - 1 : gap - 1];
    if (!last || source.lost) return;
    const { offset, ...passed } = parsePosition(last.position);
    this.commits.set(source, { next: offset + 1, passed });
  }

  private tellCaughtUp(): void {
    if (this.stopping || ![...this.held.values()].every(({ drained }) => drained)) return;
    try {
      this.options.consumer.onCaughtUp?.();
    } catch (error) {
      this.fail(error);
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.stopped.signal }).catch(() => undefined);
  }

  private whenStopped(): Promise<void> {
    return whenAborted(this.stopped.signal);
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
