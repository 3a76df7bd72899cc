import { LOG_SOURCE } from '@regulars/engine';
import type { Position } from '@regulars/kernel';
import { compactionPlan } from './compaction';
import type { ContributionQuery } from './contribution-query';
import type { ContributionSource, DigestAtPosition, LedgerStats, RankedCustomers, RankingQuestion } from './contribution-source';
import type { CustomerMeasures } from './customer-measures';
import type { LedgerDigest } from './digest';
import { LedgerFiles, type ReachFailpoint } from './ledger-files';
import { LedgerMemory, type SignedChange, type StoreRegion } from './ledger-memory';
import { DAY_MAX } from './ledger-rows';
import { LedgerWorkers } from './ledger-workers';
import { scopeQuery, type KnownNames } from './scope';
import type { Segment } from './segment';
import { LedgerSnapshot, type Contributions, type RankedContributions, type RankingOptions } from './snapshot';

/** How to open a ledger. */
export interface LedgerOptions {
  /** Made where it does not exist. One process at a time. */
  readonly directory: string;
  /** Threads shared with other ledgers; absent: two of its own, and one for the background. */
  readonly workers?: LedgerWorkers | undefined;
  readonly failpoint?: ReachFailpoint | undefined;
  /** Rows after which it flushes by itself; default 250,000. */
  readonly flushRowsMax?: number | undefined;
  /** Told when a flush or compaction in the background failed; it is tried again with the next rows. */
  readonly onBackgroundError?: ((error: unknown) => void) | undefined;
}

const FLUSH_ROWS_MAX = 250_000;

/**
 * The contribution ledger: what each customer bought, by day, store and category. Applying is synchronous and in memory;
 * what was applied and how far the sources had been read become durable together. Queries see what was applied when they began.
 */
export class ContributionLedger implements ContributionSource, KnownNames {
  private flushing: Promise<void> | undefined;
  private compacting: Promise<void> = Promise.resolve();
  private compactions = 0;
  private closed = false;

  private constructor(
    private readonly memory: LedgerMemory,
    private readonly files: LedgerFiles,
    private readonly workers: LedgerWorkers,
    private readonly options: LedgerOptions,
  ) {}

  /** Opens a ledger. Throws LedgerDamaged where its files do not hold what was written: rebuild it from the events then. */
  static async open(options: LedgerOptions): Promise<ContributionLedger> {
    const workers = options.workers ?? new LedgerWorkers();
    const memory = new LedgerMemory();
    try {
      const files = await LedgerFiles.open(options.directory, workers, options.failpoint ?? (() => undefined), memory);
      return new ContributionLedger(memory, files, workers, options);
    } catch (error) {
      if (!options.workers) await workers.close();
      throw error;
    }
  }

  /** Up to where each source is inside, in memory. */
  get positions(): Readonly<Record<string, Position>> {
    return this.memory.positions;
  }

  /** Up to where each source is inside, on the disk. */
  get durablePositions(): Readonly<Record<string, Position>> {
    return this.files.positions;
  }

  /**
   * Takes changes and the positions up to which the sources have then been read. Throws RangeError, and changes nothing, where a change cannot be
   * held (a day outside 1970-01-01..2149-06-06, an amount beyond ±10,000,000,000,000, a name beyond 1,024 bytes, more than 65,534 stores
   * or categories) or a position goes back.
   */
  apply(changes: readonly SignedChange[], positions: Readonly<Record<string, Position>>, regions: readonly StoreRegion[] = []): void {
    if (this.closed) throw new Error('the ledger is closed');
    this.memory.apply(changes, positions, regions);
    if (this.memory.openRows >= (this.options.flushRowsMax ?? FLUSH_ROWS_MAX) && !this.flushing) this.background(this.flush());
  }

  /** Makes everything applied so far durable. Rejects where the disk does not take it; what is in memory stays right. */
  flush(): Promise<void> {
    const flushing = this.files
      .exclusively(() => this.flushNow())
      .finally(() => {
        if (this.flushing === flushing) this.flushing = undefined;
      });
    this.flushing = flushing;
    return flushing;
  }

  /** Flushes, then merges all segments into clustered ones. */
  async compact(): Promise<void> {
    await this.flush();
    await this.compactNext(() => {
      const durable = this.memory.sealed.filter((segment) => this.files.has(segment));
      const merged = durable.every(({ kind }) => kind === 'clustered') && new Set(durable.map(({ unit }) => unit)).size === durable.length;
      return merged ? [] : durable;
    });
  }

  /** Flushes and lets go of threads and files. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    try {
      await this.flush();
      await this.compacting;
    } finally {
      if (!this.options.workers) await this.workers.close();
    }
  }

  /** The ledger as it is now, for questions that must be answered together or later. Cheap; holds on to memory while it is kept. */
  snapshot(): LedgerSnapshot {
    const { memory } = this;
    return new LedgerSnapshot(this.workers.queries, memory.allSegments(), memory.namesAtMoment(), memory.positions);
  }

  /** Per-customer sums. */
  contributions(query: ContributionQuery): Promise<Contributions> {
    return this.snapshot().contributions(query);
  }

  /** Customers in the order of their net contribution, cut into bands; with the standing of one of them, if named. */
  ranking(query: ContributionQuery, options: RankingOptions): Promise<RankedContributions> {
    return this.snapshot().ranking(query, options);
  }

  async ranked({ fromDay, toDay, scope, ...options }: RankingQuestion): Promise<RankedCustomers> {
    const snapshot = this.snapshot();
    const query = { fromDay, toDay, ...scopeQuery(scope, this) };
    const [ever, { ranking, positions, digest }] = await Promise.all([
      options.subject === undefined ? undefined : snapshot.customer(options.subject, { fromDay: 0, toDay: DAY_MAX }),
      snapshot.ranking(query, options),
    ]);
    return { ranking, positions, digest, subjectKnown: (ever?.firstDay ?? null) !== null };
  }

  /** One customer's measures; undefined where the ledger has never seen the customer. */
  customer(customer: string, query: ContributionQuery): Promise<CustomerMeasures | undefined> {
    return this.snapshot().customer(customer, query);
  }

  /** The canonical digest of everything applied: whatever the order, the batches, the segments. */
  digest(): Promise<LedgerDigest> {
    return this.snapshot().digest();
  }

  async digestAtPosition(): Promise<DigestAtPosition> {
    const snapshot = this.snapshot();
    return { ...(await snapshot.digest()), position: snapshot.positions[LOG_SOURCE] ?? null };
  }

  stats(): LedgerStats {
    const segments = this.memory.allSegments();
    return {
      customers: this.memory.customers.size,
      rows: segments.reduce((sum, segment) => sum + segment.rows, 0),
      segments: segments.length,
      memoryBytes: this.memory.bytes,
      diskBytes: this.files.bytes,
    };
  }

  /** Whether a store is registered or has sold something. */
  hasStore(store: string): boolean {
    return this.memory.stores.find(store) >= 0;
  }

  /** Whether anything was bought in a category. */
  hasCategory(category: string): boolean {
    return this.memory.categories.find(category) >= 0;
  }

  /** Ids of the stores of a region. */
  storesOf(region: string): string[] {
    return [...this.memory.regions].filter(([, of]) => of === region).map(([store]) => store);
  }

  private async flushNow(): Promise<void> {
    const { memory, files } = this;
    this.options.failpoint?.('ledger.before-flush');
    memory.seal(files.takeId);
    const { positions, sealed: segments } = memory;
    if (positions === files.positions && segments.every((segment) => files.has(segment))) return;
    await files.commit({ segments, names: memory.names(), positions, regions: Object.fromEntries(memory.regions) });
    if (this.compactions === 0 && !this.closed) this.background(this.compactNext(() => compactionPlan(this.memory.sealed)));
  }

  private compactNext(plan: () => readonly Segment[]): Promise<void> {
    this.compactions++;
    const compacting = this.compacting
      .then(() => this.merge(plan()))
      .finally(() => {
        this.compactions--;
      });
    this.compacting = compacting.catch(() => undefined);
    return compacting;
  }

  private async merge(plan: readonly Segment[]): Promise<void> {
    const { memory, files, workers } = this;
    const segments = plan.filter((segment) => files.has(segment));
    if (segments.length === 0) return;
    const compacted = await workers.background.run('compact', { segments, customers: memory.customers.size });
    const merged = compacted.map((segment) => ({ ...segment, id: files.takeId() }));
    const written = await Promise.all(merged.map((segment) => files.writeMerged(segment)));
    await files.exclusively(async () => files.replace(segments, written, () => memory.replace(segments, merged)));
  }

  private background(work: Promise<void>): void {
    work.catch((error: unknown) => this.options.onBackgroundError?.(error));
  }
}
