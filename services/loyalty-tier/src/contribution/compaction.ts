import { RowGatherer } from './gather';
import type { RowSums } from './ledger-rows';
import { allocateSegment, columnsOf, HIGH_UNIT, pushSums, type Columns, type RowSink, type Segment } from './segment';

/** Writes a clustered segment: rows must come by customer. */
class ClusteredBuilder implements RowSink {
  private readonly segment: Segment;
  private readonly columns: Columns;
  private rows = 0;
  private runs = 0;
  private current = -1;

  constructor(unit: number, capacity: number, runCapacity: number) {
    this.segment = allocateSegment('clustered', unit, capacity, runCapacity);
    this.columns = columnsOf({ ...this.segment, runs: runCapacity });
  }

  push(customer: number, day: number, store: number, category: number, sums: RowSums): void {
    const { columns } = this;
    const i = this.rows++;
    if (customer !== this.current) {
      this.current = customer;
      columns.runCustomer[this.runs] = customer;
      columns.runStart[this.runs++] = i;
    }
    columns.net[i] = sums.net;
    columns.returned[i] = sums.returned;
    columns.margin[i] = sums.margin;
    columns.marginKnown[i] = sums.marginKnown;
    columns.day[i] = day;
    columns.store[i] = store;
    columns.category[i] = category;
    columns.entries[i] = sums.entries;
    columns.visits[i] = sums.visits;
    columns.bought[i] = sums.bought;
  }

  finish(): Segment | undefined {
    if (this.rows === 0) return undefined;
    this.columns.runStart[this.runs] = this.rows;
    return { ...this.segment, rows: this.rows, runs: this.runs };
  }
}

/**
 * Merges segments into clustered ones (one for each unit that occurs): by customer, day, store, category, equal rows summed,
 * rows that are all zero dropped.
 */
export function compact({ segments, customers }: { readonly segments: readonly Segment[]; readonly customers: number }): Segment[] {
  const rows = segments.reduce((sum, segment) => sum + segment.rows, 0);
  const runs = Math.min(rows, customers);
  const low = new ClusteredBuilder(1, rows, runs);
  const high = new ClusteredBuilder(HIGH_UNIT, rows, runs);
  new RowGatherer(segments).forEach(0, customers, customers, (customer, day, store, category, sums) => {
    pushSums(low, high, customer, day, store, category, sums);
  });
  return [low.finish(), high.finish()].filter((segment) => segment !== undefined);
}

/** Segments of about equal size that are worth merging. */
const FAN_IN = 8;
const TIER_BASE_ROWS = 4_096;
/** A merged segment may not outgrow what one block of shared memory holds. */
const MERGED_ROWS_MAX = 100_000_000;

/**
 * Which segments to merge now: those of the lowest size tier that has eight, with all smaller ones; none where no tier has. Sizes
 * of tiers grow eightfold, so that each row is rewritten a few times only however long the ledger grows.
 */
export function compactionPlan(segments: readonly Segment[]): Segment[] {
  const tier = ({ rows }: Segment): number => Math.max(0, Math.floor(Math.log(Math.max(1, rows / TIER_BASE_ROWS)) / Math.log(FAN_IN)));
  const ascending = [...segments].sort((a, b) => a.rows - b.rows);
  for (let i = 0; i < ascending.length; i++) {
    const same = ascending.filter((segment) => tier(segment) === tier(ascending[i]!));
    if (same.length < FAN_IN) continue;
    const plan = ascending.filter((segment) => tier(segment) <= tier(ascending[i]!));
    let rows = 0;
    return plan.filter((segment) => (rows += segment.rows) <= MERGED_ROWS_MAX);
  }
  return [];
}
