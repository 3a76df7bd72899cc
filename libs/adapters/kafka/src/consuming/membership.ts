import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { settledWithin } from '../connection/deadline';
import type { KafkaTimings } from '../connection/options';
import type { IncomingRecord } from '../messages/record';
import type { Partition } from '../messages/source-name';
import { stickyAssigner } from './sticky-assigner';

/** Batches of so many partitions may wait for room in memory at the same time. */
const PARTITIONS_WAITING_MAX = 64;
const SESSION_REQUESTS = new Set(['Heartbeat', 'SyncGroup']);

/** What was fetched of one partition. */
export interface Fetched extends Partition {
  /** The offset that was asked for. */
  readonly from: number;
  /** At or behind it: offsets may be missing in between. */
  readonly records: readonly IncomingRecord[];
  /** Where the next fetch must begin. */
  readonly next: number;
  /** The offset behind the last record the broker has. */
  readonly end: number;
}

/** What a membership tells. None of them may throw. */
export interface MembershipListener {
  /**
   * The partitions of this member from now on. `continuous` means that nobody else can have held, in between, those that it held before.
   * Nothing is fetched before it returns, so it can pause and seek.
   */
  joined(membership: Membership, partitions: readonly Partition[], continuous: boolean): void;
  /** Takes in, or throws away, what was fetched; answers whether it was taken. The next fetch waits until `room` resolves. */
  fetched(membership: Membership, batch: Fetched): { readonly taken: boolean; readonly room: Promise<void> };
  /** Kafka had nothing for consumers between two offsets: control records only. */
  nothingIn(membership: Membership, partition: Partition, first: number, last: number): void;
  /** The session is known to be alive. */
  alive(): void;
}

/** What a membership needs. */
export interface MembershipOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly timings: KafkaTimings;
  readonly fetchBytesMax: number;
  readonly sourceBytesMax: number;
  /** Names of the sources held, whenever it joins. */
  readonly held: () => readonly string[];
  readonly listener: MembershipListener;
}

/**
 * One membership in a consumer group, from joining to leaving or being lost. It fetches and keeps the session alive; it handles nothing itself,
 * so that neither a fetch nor a heartbeat ever waits for a handler. kafkajs's own restarts are switched off: a new membership is a new object.
 */
export class Membership {
  private readonly consumer: Consumer;
  private readonly endWith: (error: unknown) => void;
  /** Resolves with the reason when the membership has come to an end by itself. */
  private readonly end: Promise<unknown>;
  private starting: Promise<void> = Promise.resolve();
  /** Its id in the group; undefined until it has joined. */
  memberId: string | undefined;
  private joinsSinceAssignment = 0;
  /** When the last request that keeps the session was sent, and the last such that was answered well: milliseconds of `performance.now()`. */
  private sentAt = -Infinity;
  private confirmedAt = -Infinity;
  private heardAt = performance.now();

  constructor(private readonly options: MembershipOptions) {
    const { kafka, groupId, timings, fetchBytesMax, sourceBytesMax, held } = options;
    let endWith: (error: unknown) => void = () => undefined;
    this.end = new Promise((resolve) => {
      endWith = resolve;
    });
    this.endWith = endWith;
    this.consumer = kafka.consumer({
      groupId,
      partitionAssigners: [stickyAssigner(held)],
      sessionTimeout: timings.sessionTimeoutMs,
      rebalanceTimeout: timings.rebalanceTimeoutMs,
      heartbeatInterval: timings.heartbeatIntervalMs,
      maxWaitTimeInMs: timings.fetchWaitMs,
      maxBytesPerPartition: sourceBytesMax,
      maxBytes: fetchBytesMax,
      allowAutoTopicCreation: false,
      retry: {
        initialRetryTime: timings.retryFirstMs,
        maxRetryTime: timings.retryMostMs,
        retries: timings.retries,
        restartOnFailure: async () => false,
      },
    });
    this.listen();
  }

  /** Joins and stays until the membership is lost, by whatever; resolves with the reason then. */
  async run(): Promise<unknown> {
    this.starting = this.start().catch((error: unknown) => this.endWith(error));
    const { sessionTimeoutMs, rebalanceTimeoutMs } = this.options.timings;
    // kafkajs can stop without a word; then nothing but its silence tells.
    const silenceMaxMs = 2 * sessionTimeoutMs + rebalanceTimeoutMs;
    const watch = setInterval(() => {
      if (performance.now() - this.heardAt > silenceMaxMs) this.endWith(new Error(`nothing was heard for ${silenceMaxMs} ms`));
    }, sessionTimeoutMs);
    watch.unref();
    const reason = await this.end;
    clearInterval(watch);
    return reason;
  }

  /** True where the group cannot have given this member's partitions away yet, as far as this process can know. */
  get isAlive(): boolean {
    return performance.now() - this.confirmedAt < this.options.timings.sessionTimeoutMs;
  }

  /** True once it has joined. */
  get hasJoined(): boolean {
    return this.memberId !== undefined;
  }

  /** Nothing of the partition is fetched until it is resumed. */
  pause({ topic, partition }: Partition): void {
    this.consumer.pause([{ topic, partitions: [partition] }]);
  }

  resume({ topic, partition }: Partition): void {
    this.consumer.resume([{ topic, partitions: [partition] }]);
  }

  /** The next fetch of the partition begins here. */
  seek({ topic, partition }: Partition, offset: number): void {
    this.consumer.seek({ topic, partition, offset: String(offset) });
  }

  /** Commits as the member that this is; the broker refuses it where another generation of the group has begun. */
  commit(offsets: { topic: string; partition: number; offset: string; metadata: string }[]): Promise<void> {
    return this.consumer.commitOffsets(offsets);
  }

  /** Leaves the group, so that others get the partitions at once. Ends at the deadline where the client does not: it is cut off then. */
  async leave(): Promise<void> {
    this.endWith(new Error('left'));
    const leaving = this.starting.then(() => this.consumer.disconnect());
    await settledWithin(this.options.timings.closeTimeoutMs, leaving);
  }

  private async start(): Promise<void> {
    const { topics } = this.options;
    await this.consumer.connect();
    await this.consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_WAITING_MAX,
      eachBatch: (payload) => this.eachBatch(payload),
    });
  }

  private async eachBatch({ batch, resolveOffset }: EachBatchPayload): Promise<void> {
    const { topic, partition, messages, highWatermark } = batch;
    // kafkajs fetches before anybody can seek. Only this member, which its types leave out, tells what a batch was asked for with.
    const from = Number((batch as unknown as { readonly fetchedOffset: string }).fetchedOffset);
    const next = Number(batch.lastOffset()) + 1;
    const { taken, room } = this.options.listener.fetched(this, {
      topic,
      partition,
      from,
      records: messages,
      next,
      end: Number(highWatermark),
    });
    // At once: after another join this would touch the state of another assignment.
    if (taken) resolveOffset(messages.at(-1)?.offset ?? String(next - 1));
    await room;
  }

  private listen(): void {
    const { consumer } = this;
    const { listener } = this.options;
    consumer.on(consumer.events.REQUEST, ({ payload: { apiName, sentAt } }) => {
      if (apiName === 'JoinGroup') this.joinsSinceAssignment++;
      if (SESSION_REQUESTS.has(apiName)) this.sentAt = performance.now() - Math.max(0, Date.now() - sentAt);
    });
    consumer.on(consumer.events.HEARTBEAT, () => {
      this.confirm();
      listener.alive();
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberId, memberAssignment } }) => {
      const continuous = memberId === this.memberId && this.joinsSinceAssignment === 1;
      this.memberId = memberId;
      this.joinsSinceAssignment = 0;
      this.confirm();
      const partitions = Object.entries(memberAssignment).flatMap(([topic, numbers]) => numbers.map((partition) => ({ topic, partition })));
      listener.joined(this, partitions, continuous);
    });
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { topic, partition, batchSize, firstOffset, lastOffset } }) => {
      if (batchSize === 0 && firstOffset !== null) listener.nothingIn(this, { topic, partition }, Number(firstOffset), Number(lastOffset));
    });
    consumer.on(consumer.events.CRASH, ({ payload: { error } }) => this.endWith(error));
  }

  private confirm(): void {
    this.confirmedAt = this.sentAt;
    this.heardAt = performance.now();
  }
}
