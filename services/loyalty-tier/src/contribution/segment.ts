import type { RowSums } from './ledger-rows';

/** Amounts are kept in 32 bits; what does not fit goes to a second row in a segment whose unit is this many minor units. */
export const HIGH_UNIT = 2 ** 31;

/** A block of rows in shared memory: everything a thread needs to read it. */
export interface Segment {
  /** Number of its file; 0 while it has none. */
  readonly id: number;
  /** `arrival`: in order of arrival with a customer column. `clustered`: by customer and day, with runs, equal rows summed. */
  readonly kind: 'arrival' | 'clustered';
  /** Minor units that 1 in an amount column means. */
  readonly unit: number;
  readonly rows: number;
  readonly capacity: number;
  /** Customers in it, and how many there is room for (clustered); 0 otherwise. */
  readonly runs: number;
  readonly runCapacity: number;
  readonly buffer: SharedArrayBuffer;
}

/** The columns of a segment. */
export interface Columns {
  readonly net: Int32Array;
  readonly returned: Int32Array;
  readonly margin: Int32Array;
  readonly marginKnown: Int32Array;
  readonly day: Uint16Array;
  readonly store: Uint16Array;
  /** 0 for none, else the category's number plus 1. */
  readonly category: Uint16Array;
  readonly entries: Int8Array;
  readonly visits: Int8Array;
  readonly bought: Int8Array;
  /** Customer of each row; empty in a clustered segment. */
  readonly customer: Uint32Array;
  /** Customer of each run, ascending; empty in an arrival segment. */
  readonly runCustomer: Uint32Array;
  /** First row of each run, and the row after the last; empty in an arrival segment. */
  readonly runStart: Uint32Array;
}

const SUMS_BYTES = 4 * 4 + 3 * 2 + 3;

/** Bytes of memory that so many rows and runs take. */
export function segmentBytes(kind: Segment['kind'], rows: number, runs: number): number {
  return rows * SUMS_BYTES + (kind === 'arrival' ? rows * 4 : runs * 4 + (runs + 1) * 4);
}

/** A new segment without rows. Memory that is never written to costs nothing, so room may be ample. */
export function allocateSegment(kind: Segment['kind'], unit: number, capacity: number, runCapacity: number): Segment {
  const buffer = new SharedArrayBuffer(segmentBytes(kind, capacity, runCapacity));
  return { id: 0, kind, unit, rows: 0, capacity, runs: 0, runCapacity, buffer };
}

/** A segment's columns as typed arrays over its memory; columns of rows have the length of the capacity, those of runs their own. */
export function columnsOf({ kind, capacity, runs, runCapacity, buffer }: Segment): Columns {
  let offset = 0;
  const next = <T>(
    Type: new (buffer: SharedArrayBuffer, offset: number, length: number) => T,
    bytes: number,
    room: number,
    length = room,
  ): T => {
    const column = new Type(buffer, offset, length);
    offset += bytes * room;
    return column;
  };
  const clustered = kind === 'clustered';
  return {
    customer: next(Uint32Array, 4, clustered ? 0 : capacity),
    runCustomer: next(Uint32Array, 4, clustered ? runCapacity : 0, clustered ? runs : 0),
    runStart: next(Uint32Array, 4, clustered ? runCapacity + 1 : 0, clustered ? runs + 1 : 0),
    net: next(Int32Array, 4, capacity),
    returned: next(Int32Array, 4, capacity),
    margin: next(Int32Array, 4, capacity),
    marginKnown: next(Int32Array, 4, capacity),
    day: next(Uint16Array, 2, capacity),
    store: next(Uint16Array, 2, capacity),
    category: next(Uint16Array, 2, capacity),
    entries: next(Int8Array, 1, capacity),
    visits: next(Int8Array, 1, capacity),
    bought: next(Int8Array, 1, capacity),
  };
}

/** Where rows are written one after the other. */
export interface RowSink {
  /** Takes one row whose amounts fit 32 bits and counts 8 bits. */
  push(customer: number, day: number, store: number, category: number, sums: RowSums): void;
}

const COUNT_MAX = 127;
const clampCount = (count: number): number => Math.max(-COUNT_MAX, Math.min(COUNT_MAX, count));

/**
 * Writes sums of any size: what fits goes to `low`, the multiples of `HIGH_UNIT` to a row of `high`, counts beyond
 * 8 bits to further rows. Adding the rows up gives the sums back exactly.
 */
export function pushSums(low: RowSink, high: RowSink, customer: number, day: number, store: number, category: number, sums: RowSums): void {
  const { net, returned, margin, marginKnown, entries, visits, bought } = sums;
  const fits =
    net === (net | 0) &&
    returned === (returned | 0) &&
    margin === (margin | 0) &&
    marginKnown === (marginKnown | 0) &&
    Math.max(entries, visits, bought) <= COUNT_MAX &&
    Math.min(entries, visits, bought) >= -COUNT_MAX;
  if (fits) return low.push(customer, day, store, category, sums);
  const remainder = { entries, visits, bought };
  for (let first = true; first || remainder.entries !== 0 || remainder.visits !== 0 || remainder.bought !== 0; first = false) {
    const counts = {
      entries: clampCount(remainder.entries),
      visits: clampCount(remainder.visits),
      bought: clampCount(remainder.bought),
    };
    remainder.entries -= counts.entries;
    remainder.visits -= counts.visits;
    remainder.bought -= counts.bought;
    const part = (value: number): number => (first ? value % HIGH_UNIT : 0);
    const amounts = { net: part(net), returned: part(returned), margin: part(margin), marginKnown: part(marginKnown) };
    low.push(customer, day, store, category, { ...amounts, ...counts });
  }
  const above = (value: number): number => Math.trunc(value / HIGH_UNIT);
  const multiples = { net: above(net), returned: above(returned), margin: above(margin), marginKnown: above(marginKnown) };
  if (multiples.net === 0 && multiples.returned === 0 && multiples.margin === 0 && multiples.marginKnown === 0) return;
  high.push(customer, day, store, category, { ...multiples, entries: 0, visits: 0, bought: 0 });
}
