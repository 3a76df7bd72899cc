import type { RowSums } from './ledger-rows';
import { allocateSegment, columnsOf, type Columns, type RowSink, type Segment } from './segment';

const ROWS_MIN = 1_024;
const ROWS_MAX = 262_144;

const copied = ['customer', 'net', 'returned', 'margin', 'marginKnown', 'day', 'store', 'category', 'entries', 'visits', 'bought'] as const;

function allocate(capacity: number, unit: number): { segment: Segment; columns: Columns } {
  const segment = allocateSegment('arrival', unit, capacity, 0);
  return { segment, columns: columnsOf(segment) };
}

/** Rows in order of arrival, in blocks that never move, so that other threads may read what is there while more is written. */
export class ArrivalBuffer implements RowSink {
  private full: Segment[] = [];
  private open: { segment: Segment; columns: Columns } | undefined;
  private count = 0;

  constructor(private readonly unit: number) {}

  /** Rows since the last `take`. */
  get rows(): number {
    return this.full.reduce((sum, segment) => sum + segment.rows, 0) + this.count;
  }

  push(customer: number, day: number, store: number, category: number, sums: RowSums): void {
    if (!this.open || this.count === this.open.segment.capacity) this.next();
    const { columns } = this.open!;
    const i = this.count;
    columns.customer[i] = customer;
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
    this.count = i + 1;
  }

  /** The rows so far, as segments that stay as they are while more rows come. */
  segments(): Segment[] {
    return this.open && this.count > 0 ? [...this.full, { ...this.open.segment, rows: this.count }] : [...this.full];
  }

  /** Hands the rows over as one segment (undefined where there are none) and starts afresh. */
  take(): Segment | undefined {
    const segments = this.segments();
    this.full = [];
    this.open = undefined;
    this.count = 0;
    return segments.length === 0 ? undefined : joined(segments, this.unit);
  }

  private next(): void {
    const before = this.rows;
    if (this.open) this.full.push({ ...this.open.segment, rows: this.count });
    this.open = allocate(Math.min(ROWS_MAX, Math.max(ROWS_MIN, before)), this.unit);
    this.count = 0;
  }
}

function joined(segments: readonly Segment[], unit: number): Segment {
  const rows = segments.reduce((sum, segment) => sum + segment.rows, 0);
  const { segment, columns } = allocate(rows, unit);
  let at = 0;
  for (const part of segments) {
    const from = columnsOf(part);
    for (const name of copied) columns[name].set(from[name].subarray(0, part.rows) as never, at);
    at += part.rows;
  }
  return { ...segment, rows };
}
