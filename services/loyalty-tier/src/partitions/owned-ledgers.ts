import { PURCHASE_TOPIC } from '@regulars/contracts';
import type { RedriveOutcome } from '@regulars/engine';
import type { Position } from '@regulars/kernel';
import type { DeliveredMessage, EventBus, Positions, Watermark } from '@regulars/ports';
import type { LedgerStats } from '../contribution/contribution-source';
import { CONTRIBUTION } from '../contribution/projection';
import type { OwnedSnapshots } from '../ranking/owned-snapshots';
import { KeptConsumption } from './kept-consumption';
import { OwnedLedger, type OwnedLedgerPorts } from './owned-ledger';

/** How often what was applied is made durable when little comes. A restart reads again what came since. */
const FLUSH_MS = 15_000;
const NO_STATS: LedgerStats = { customers: 0, rows: 0, segments: 0, memoryBytes: 0, diskBytes: 0 };

/** How an owned partition stands. */
export interface PartitionStatus {
  readonly source: string;
  /** Place in the partition up to which everything is inside; null at its beginning. */
  readonly position: Position | null;
  /** Place in the log; null before the first watermark. */
  readonly logPosition: Position | null;
  /** Seconds since the log was seen to end at `logPosition`; null before the first watermark. */
  readonly lagSeconds: number | null;
}

/** What the ledgers of an instance work with. */
export interface OwnedLedgersPorts extends OwnedLedgerPorts {
  readonly bus: EventBus;
  /** Every partition there is. */
  readonly sources: readonly string[];
}

/** The ledgers of the partitions this instance owns: opened when a partition comes, flushed and closed when it goes. */
export class OwnedLedgers implements OwnedSnapshots {
  private readonly ledgers = new Map<string, OwnedLedger>();
  private consumption: KeptConsumption | undefined;
  private flushing: NodeJS.Timeout | undefined;
  private onMoved: () => void = () => undefined;

  constructor(private readonly ports: OwnedLedgersPorts) {}

  /** Joins those who share the partitions. `onMoved` is told when one has come, or has come to a further watermark. */
  follow(onMoved: () => void): void {
    const { bus, sources } = this.ports;
    this.onMoved = onMoved;
    const open = () =>
      bus.consume({
        group: 'loyalty-tier',
        topics: [PURCHASE_TOPIC],
        sourcesAtOnce: sources.length,
        from: (come) => this.takeOver(come),
        onRevoked: (gone) => this.handOver(gone),
        onBatch: (messages, upTo) => this.takeIn(messages, upTo),
        onWatermark: (source, watermark) => this.pass(source, watermark),
        onCaughtUp: () => this.consumption?.progressed(),
      });
    this.consumption = new KeptConsumption(open, (reason) => this.fault('', reason));
    this.flushing = setInterval(() => void this.flush(), FLUSH_MS);
    this.flushing.unref();
  }

  owned(): readonly string[] {
    return [...this.ledgers.keys()];
  }

  at(source: string, position: Position): ReturnType<OwnedLedger['at']> {
    return this.ledgers.get(source)?.at(position) ?? 'awaited';
  }

  /** How each owned partition stands. `now` in milliseconds. */
  status(now: number): readonly PartitionStatus[] {
    return [...this.ledgers.values()].map(({ source, position, passed }) => ({
      source,
      position: position ?? null,
      logPosition: passed?.logPosition ?? null,
      lagSeconds: passed ? Math.max(0, now - Date.parse(passed.observedAt)) / 1_000 : null,
    }));
  }

  /** The last fault of the consumption, while it lasts. */
  get lastFault(): string | undefined {
    return this.consumption?.fault;
  }

  /** Size of all owned ledgers. */
  stats(): LedgerStats {
    const all = [...this.ledgers.values()].map(({ content }) => content.ledger.stats());
    return all.reduce(
      (sum, one) => ({
        customers: sum.customers + one.customers,
        rows: sum.rows + one.rows,
        segments: sum.segments + one.segments,
        memoryBytes: sum.memoryBytes + one.memoryBytes,
        diskBytes: sum.diskBytes + one.diskBytes,
      }),
      NO_STATS,
    );
  }

  /** Takes parked messages of a key in again; undefined where this instance does not own what parked them. */
  async redrive(consumer: string, key: string): Promise<RedriveOutcome | undefined> {
    return [...this.ledgers.values()].find((ledger) => ledger.consumer === consumer)?.redrive(key);
  }

  /** Makes everything applied durable; what fails is reported and tried again. */
  async flush(): Promise<void> {
    for (const ledger of [...this.ledgers.values()]) {
      await ledger.flush().catch((error: unknown) => this.fault(ledger.source, messageOf(error)));
    }
  }

  /** Gives all partitions up; what was applied is durable then. */
  async close(): Promise<void> {
    clearInterval(this.flushing);
    await this.consumption?.close();
    await this.handOver(this.owned());
  }

  private async takeOver(sources: readonly string[]): Promise<Positions> {
    const stranger = sources.find((source) => !this.ports.sources.includes(source));
    if (stranger !== undefined) throw new Error(`partition ${stranger} is none of the ${this.ports.sources.length} configured`);
    await this.handOver(sources);
    const opened = await Promise.allSettled(sources.map((source) => OwnedLedger.open(source, this.ports)));
    for (const result of opened) if (result.status === 'fulfilled') this.ledgers.set(result.value.source, result.value);
    const failed = opened.find((result) => result.status === 'rejected');
    if (failed) {
      await this.handOver(sources);
      throw failed.reason;
    }
    this.onMoved();
    return Object.fromEntries(
      sources.flatMap((source) => {
        const position = this.ledgers.get(source)?.position;
        return position === undefined ? [] : [[source, position] as const];
      }),
    );
  }

  private async handOver(sources: readonly string[]): Promise<void> {
    const going = sources.map((source) => this.ledgers.get(source)).filter((ledger) => ledger !== undefined);
    for (const { source } of going) this.ledgers.delete(source);
    await Promise.all(going.map((ledger) => ledger.close().catch((error: unknown) => this.fault(ledger.source, messageOf(error)))));
  }

  private async takeIn(messages: readonly DeliveredMessage[], upTo: Positions): Promise<void> {
    for (const [source, position] of Object.entries(upTo)) {
      const ledger = this.ledgers.get(source);
      if (!ledger) throw new Error(`a batch came for partition ${source}, which is not owned`);
      await ledger.take(
        messages.filter((message) => message.source === source),
        position,
      );
    }
    this.consumption?.progressed();
  }

  private pass(source: string, watermark: Watermark): void {
    this.ledgers.get(source)?.pass(watermark);
    this.onMoved();
  }

  private fault(source: string, reason: string): void {
    this.ports.report('fault', { projection: CONTRIBUTION, version: source, reason });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
