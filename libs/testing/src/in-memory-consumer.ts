import type { ConsumeOptions, Consumption, DeliveredMessage } from '@regulars/ports';
import type { Carried } from './in-memory-carried';
import type { GroupMember } from './in-memory-groups';
import { type Batch, type InMemoryPartitions, type Reader, sourceOf, startIn, takeBatch, toPosition } from './in-memory-partitions';

/** One consumer of a group: takes over and gives up partitions, and hands out a batch of each at a time. */
export class InMemoryConsumer implements Consumption {
  readonly ended: Promise<void>;
  /** The partitions held; the one whose turn is next comes first. */
  private readonly readers = new Map<number, Reader>();
  private readonly underWay = new Map<number, Promise<void>>();
  private closed = false;
  private failure: { readonly error: unknown } | undefined;
  private ring: () => void = () => undefined;

  constructor(
    private readonly options: ConsumeOptions,
    private readonly kept: InMemoryPartitions,
    private readonly carriedAt: (partition: number, index: number) => Carried,
    private readonly member: GroupMember,
  ) {
    // Never inside the caller's own tick: it has no Consumption in its hands yet.
    this.ended = Promise.resolve().then(() => this.run());
    // Whoever wants to know looks at `ended`.
    this.ended.catch(() => undefined);
  }

  /** Tells it to look again. */
  wake(): void {
    this.ring();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.wake();
    await this.ended.catch(() => undefined);
  }

  private async run(): Promise<void> {
    try {
      while (!this.closed && !this.failure) {
        // Listens first and looks then: nothing that comes meanwhile is missed.
        const woken = new Promise<void>((resolve) => (this.ring = resolve));
        await this.giveUp();
        await this.takeOver();
        this.startBatches();
        if (this.underWay.size === 0 && !this.closed) this.options.onCaughtUp?.();
        await woken;
      }
    } finally {
      await Promise.all(this.underWay.values());
      await this.leave();
    }
    if (this.failure) throw this.failure.error;
  }

  private async leave(): Promise<void> {
    try {
      if (this.readers.size > 0) await this.options.onRevoked?.([...this.readers.keys()].map(sourceOf));
    } finally {
      this.member.leave();
    }
  }

  /** Lets go of partitions that belong to another member now. */
  private async giveUp(): Promise<void> {
    const gone = [...this.readers.keys()].filter((partition) => !this.member.shouldHold(partition));
    if (gone.length === 0) return;
    await Promise.all(gone.map((partition) => this.underWay.get(partition) ?? Promise.resolve()));
    for (const partition of gone) this.readers.delete(partition);
    await this.options.onRevoked?.(gone.map(sourceOf));
    for (const partition of gone) this.member.release(partition);
  }

  /** Takes over partitions that have come and that nobody holds. */
  private async takeOver(): Promise<void> {
    const come = this.member.takeFree();
    if (come.length === 0) return;
    const { from, group } = this.options;
    const positions = typeof from === 'function' ? await from(come.map(sourceOf)) : from;
    for (const partition of come) {
      const next = positions === 'committed' ? (this.kept.committed.get(`${group}/${partition}`) ?? 0) : startIn(partition, positions);
      this.readers.set(partition, { partition, next, carried: this.carriedAt(partition, next) });
    }
  }

  private startBatches(): void {
    const { topics, batchMessagesMax = 1_000, sourcesAtOnce = 1 } = this.options;
    for (const reader of [...this.readers.values()]) {
      if (this.closed || this.underWay.size >= sourcesAtOnce) return;
      if (this.underWay.has(reader.partition)) continue;
      const batch = takeBatch(this.kept.entries[reader.partition] ?? [], reader, topics, batchMessagesMax);
      if (!batch) continue;
      // Takes turns: it comes last now.
      this.readers.delete(reader.partition);
      this.readers.set(reader.partition, reader);
      this.underWay.set(reader.partition, this.handOver(batch));
    }
  }

  /** Never rejects: a failure ends the consumption. */
  private async handOver(batch: Batch): Promise<void> {
    try {
      await this.deliver(batch);
    } catch (error) {
      this.failure ??= { error };
    }
    this.underWay.delete(batch.reader.partition);
    this.wake();
  }

  private async deliver({ reader, messages, end, watermark }: Batch): Promise<void> {
    const source = sourceOf(reader.partition);
    const commit = (index: number) => void this.kept.committed.set(`${this.options.group}/${reader.partition}`, index);
    const settled = new Set<DeliveredMessage>();
    try {
      await this.options.onBatch(messages, { [source]: toPosition(end - 1) }, (message) => void settled.add(message));
    } catch (error) {
      const gap = messages.find((message) => !settled.has(message));
      commit(gap ? Number(gap.position) : end);
      throw error;
    }
    reader.next = end;
    commit(end);
    if (watermark) this.options.onWatermark?.(source, watermark);
  }
}
