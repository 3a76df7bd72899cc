import { firstRun } from './fold';
import { columnsOf, type Columns, type Segment } from './segment';

/** Takes one aggregated row: sums of all rows of equal (customer, day, store, category), not all zero. */
export type TakeRow = (customer: number, day: number, store: number, category: number, sums: GatheredSums) => void;

/** Sums of an aggregated row; the object is reused for the next row. */
export interface GatheredSums {
  net: number;
  returned: number;
  margin: number;
  marginKnown: number;
  entries: number;
  visits: number;
  bought: number;
}

/** The order of rows within a customer and day: the place of each store and category number. Absent: by number. */
export interface Ranks {
  readonly store: Uint16Array;
  readonly category: Uint16Array;
}

/** Rows looked at a time at least; bounds the memory used while keeping the passes over arrival-order segments few. */
const CHUNK_ROWS = 262_144;
const CHUNKS_MAX = 32;
/** Longer lists are sorted by the engine's sort, shorter ones by insertion. */
const INSERTION_MAX = 24;
const DAY_FACTOR = 65_536 * 65_536;

interface Source {
  readonly columns: Columns;
  readonly rows: number;
  readonly clustered: boolean;
  readonly unit: number;
}

/** Brings rows of many segments together by customer, day, store and category. */
export class RowGatherer {
  private readonly sources: Source[];
  private readonly rows: number;
  private readonly inverse: Ranks | undefined;
  private starts = new Uint32Array(0);
  private capacity = 0;
  private key = new Float64Array(0);
  private order = new Uint32Array(0);
  private source = new Uint16Array(0);
  private row = new Uint32Array(0);

  constructor(
    segments: readonly Segment[],
    private readonly ranks?: Ranks,
  ) {
    this.sources = segments.map((segment) => ({
      columns: columnsOf(segment),
      rows: segment.rows,
      clustered: segment.kind === 'clustered',
      unit: segment.unit,
    }));
    this.rows = segments.reduce((sum, segment) => sum + segment.rows, 0);
    this.inverse = ranks && { store: inverted(ranks.store), category: inverted(ranks.category) };
  }

  /** Hands over the aggregated rows of the customer numbers from (included) to (excluded), in order. */
  forEach(fromCustomer: number, toCustomer: number, customers: number, take: TakeRow): void {
    const chunkRows = Math.max(CHUNK_ROWS, this.rows / CHUNKS_MAX);
    const step = Math.max(1, Math.floor((customers * chunkRows) / Math.max(1, this.rows)));
    for (let from = fromCustomer; from < toCustomer; from += step) this.chunk(from, Math.min(toCustomer, from + step), take);
  }

  private chunk(from: number, to: number, take: TakeRow): void {
    const span = to - from;
    if (this.starts.length < span + 2) this.starts = new Uint32Array(span + 2);
    const { starts } = this;
    starts.fill(0);
    this.scan(from, to, (_, customer) => {
      starts[customer - from + 2] = starts[customer - from + 2]! + 1;
    });
    for (let i = 2; i <= span + 1; i++) starts[i] = starts[i]! + starts[i - 1]!;
    this.reserve(starts[span + 1]!);
    const { source, row } = this;
    this.scan(from, to, (number, customer, i) => {
      const at = starts[customer - from + 1]!;
      starts[customer - from + 1] = at + 1;
      source[at] = number;
      row[at] = i;
    });
    this.fillKeys(starts[span]!);
    for (let i = 0; i < span; i++) {
      if (starts[i]! < starts[i + 1]!) this.customer(from + i, starts[i]!, starts[i + 1]!, take);
    }
  }

  private scan(from: number, to: number, visit: (source: number, customer: number, row: number) => void): void {
    const span = to - from;
    this.sources.forEach(({ columns, rows, clustered }, number) => {
      if (clustered) {
        const end = firstRun(columns, to);
        for (let run = firstRun(columns, from); run < end; run++) {
          const customer = columns.runCustomer[run]!;
          const last = columns.runStart[run + 1]!;
          for (let i = columns.runStart[run]!; i < last; i++) visit(number, customer, i);
        }
        return;
      }
      const { customer } = columns;
      for (let i = 0; i < rows; i++) if ((customer[i]! - from) >>> 0 < span) visit(number, customer[i]!, i);
    });
  }

  private reserve(rows: number): void {
    if (rows <= this.capacity) return;
    this.capacity = rows + (rows >>> 2);
    this.key = new Float64Array(this.capacity);
    this.order = new Uint32Array(this.capacity);
    this.source = new Uint16Array(this.capacity);
    this.row = new Uint32Array(this.capacity);
  }

  private fillKeys(rows: number): void {
    const { key, order, source, row, ranks, sources } = this;
    for (let at = 0; at < rows; at++) {
      const { columns } = sources[source[at]!]!;
      const i = row[at]!;
      const store = ranks ? ranks.store[columns.store[i]!]! : columns.store[i]!;
      const category = ranks ? ranks.category[columns.category[i]!]! : columns.category[i]!;
      key[at] = columns.day[i]! * DAY_FACTOR + store * 65_536 + category;
      order[at] = at;
    }
  }

  private customer(customer: number, from: number, to: number, take: TakeRow): void {
    this.sort(from, to);
    const { key, order, source, row, sources } = this;
    const sums: GatheredSums = { net: 0, returned: 0, margin: 0, marginKnown: 0, entries: 0, visits: 0, bought: 0 };
    for (let at = from; at < to;) {
      const current = key[order[at]!]!;
      sums.net = sums.returned = sums.margin = sums.marginKnown = sums.entries = sums.visits = sums.bought = 0;
      for (; at < to && key[order[at]!] === current; at++) {
        const place = order[at]!;
        const { columns, unit } = sources[source[place]!]!;
        const i = row[place]!;
        sums.net += columns.net[i]! * unit;
        sums.returned += columns.returned[i]! * unit;
        sums.margin += columns.margin[i]! * unit;
        sums.marginKnown += columns.marginKnown[i]! * unit;
        sums.entries += columns.entries[i]!;
        sums.visits += columns.visits[i]!;
        sums.bought += columns.bought[i]!;
      }
      if (isZero(sums)) continue;
      const day = Math.floor(current / DAY_FACTOR);
      const low = current - day * DAY_FACTOR;
      const store = Math.floor(low / 65_536);
      const category = low & 65_535;
      if (this.inverse) take(customer, day, this.inverse.store[store]!, this.inverse.category[category]!, sums);
      else take(customer, day, store, category, sums);
    }
  }

  private sort(from: number, to: number): void {
    const { key, order } = this;
    if (to - from > INSERTION_MAX) {
      let sorted = true;
      for (let i = from + 1; i < to && sorted; i++) sorted = key[order[i - 1]!]! <= key[order[i]!]!;
      if (!sorted) order.subarray(from, to).sort((a, b) => key[a]! - key[b]!);
      return;
    }
    for (let i = from + 1; i < to; i++) {
      const moving = order[i]!;
      const value = key[moving]!;
      let j = i;
      for (; j > from && key[order[j - 1]!]! > value; j--) order[j] = order[j - 1]!;
      order[j] = moving;
    }
  }
}

function isZero(sums: GatheredSums): boolean {
  return (
    sums.net === 0 &&
    sums.returned === 0 &&
    sums.margin === 0 &&
    sums.marginKnown === 0 &&
    sums.entries === 0 &&
    sums.visits === 0 &&
    sums.bought === 0
  );
}

function inverted(ranks: Uint16Array): Uint16Array {
  const inverse = new Uint16Array(ranks.length);
  ranks.forEach((rank, number) => {
    inverse[rank] = number;
  });
  return inverse;
}
