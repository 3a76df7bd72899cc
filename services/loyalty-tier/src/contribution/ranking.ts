import { Names, type NamesHandle } from './dictionary';
import { kthLargest, selectSmallest } from './order-statistics';
import { entriesOf, netOf, visitsOf, type Sums } from './sums';

/** Who is ranked: everybody with a receipt entry in the selection, or only those above zero. */
export type CountedCustomers = 'all' | 'positive';

/** What a ranking is made from. */
export interface RankTask {
  readonly sums: Sums;
  readonly customers: NamesHandle;
  readonly count: CountedCustomers;
  /** Cumulative cuts in percent, ascending, the last one 100. */
  readonly percents: readonly number[];
  /** Customer number to tell the rank of. */
  readonly subject?: number | undefined;
  /** Receives the band of each customer number; `NO_BAND` for who is not ranked. Length: customers. */
  readonly bands: Uint8Array;
}

/** Marks customers who are not ranked. */
export const NO_BAND = 255;

/** The customers between two cuts. */
export interface Band {
  readonly customers: number;
  /** Sum of their net contribution, minor units. */
  readonly amount: bigint;
  readonly visits: number;
  /** The lowest amount in it; null where it is empty. */
  readonly lowest: number | null;
}

/** Where one customer stands. */
export interface Standing {
  readonly amount: number;
  readonly visits: number;
  /** 1 is the best; null where the customer is not ranked. */
  readonly rank: number | null;
  readonly band: number | null;
  /** For each cut: what must be added to the amount to come above it as it stands; 0 for who is; null where nobody is. */
  readonly missing: readonly (number | null)[];
}

/** Customers in the order of net contribution, cut into bands. */
export interface Ranking {
  readonly customers: number;
  /** Customers above each cut: round-half-up(customers × percent). */
  readonly cumulative: readonly number[];
  readonly bands: readonly Band[];
  readonly standing?: Standing | undefined;
}

/** The place in the order at which a band ends. */
export interface Cut {
  /** How many are above it. */
  readonly count: number;
  /** The lowest amount above it; Infinity where nobody is. */
  readonly value: number;
  /** Where only some of those with exactly `value` are above the cut: how many; else 0. */
  readonly ofEqual: number;
}

interface Order {
  readonly values: Float64Array;
  readonly numbers: Uint32Array;
  readonly cuts: readonly Cut[];
  readonly bandOf: Uint8Array;
  readonly names: Names;
}

/** round-half-up(n × percent / 100), in integers. */
export function cutCount(n: number, percent: number): number {
  return Math.floor((2 * n * percent + 100) / 200);
}

/**
 * Ranks by net contribution, descending, ties by customer id ascending in UTF-8 bytes, and cuts at round-half-up(N × percent). Exact:
 * order statistics of integers; ids are looked at only among those who tie at a cut. Throws RangeError where an amount is
 * beyond what a double holds exactly.
 */
export function rank(task: RankTask): Ranking {
  const { values, numbers } = candidates(task);
  const n = values.length;
  const names = new Names(task.customers);
  const cumulative = task.percents.map((percent) => cutCount(n, percent));
  const cuts = cutsAt(values, cumulative);
  const bandOf = assignBands(values, cuts);
  settleTies(values, numbers, cuts, names, bandOf);
  const bands = summarise(task, values, numbers, bandOf);
  const subject = task.subject;
  return {
    customers: n,
    cumulative,
    bands,
    standing: subject === undefined ? undefined : standingOf(task, subject, { values, numbers, cuts, bandOf, names }),
  };
}

function candidates({ sums, count, customers: { size } }: RankTask): { values: Float64Array; numbers: Uint32Array } {
  const numbers = new Uint32Array(size);
  const values = new Float64Array(size);
  const n = fillCandidates(sums, count, values, numbers);
  return { values: values.subarray(0, n), numbers: numbers.subarray(0, n) };
}

/**
 * Writes amount and number of everybody who is ranked, by number, and answers how many there are. Throws RangeError where an amount is beyond
 * what a double holds exactly.
 */
export function fillCandidates(sums: Sums, count: CountedCustomers, values: Float64Array, numbers: Uint32Array): number {
  let n = 0;
  let largest = 0;
  for (let customer = 0; customer < numbers.length; customer++) {
    if (entriesOf(sums, customer) <= 0) continue;
    const value = netOf(sums, customer);
    if (count === 'positive' && value <= 0) continue;
    if (Math.abs(value) > largest) largest = Math.abs(value);
    numbers[n] = customer;
    values[n++] = value;
  }
  if (largest > Number.MAX_SAFE_INTEGER) throw new RangeError('a contribution is beyond ±9,007,199,254,740,991 minor units');
  return n;
}

function cutsAt(values: Float64Array, cumulative: readonly number[]): Cut[] {
  const statistics = kthLargest(
    values,
    cumulative.filter((k) => k > 0),
  );
  let next = 0;
  return cumulative.map((count) => {
    if (count === 0) return { count, value: Infinity, ofEqual: 0 };
    const { value, larger, equal } = statistics[next++]!;
    const needed = count - larger;
    return { count, value, ofEqual: needed === equal ? 0 : needed };
  });
}

/** Band of each value by amount alone; those who tie at a cut that takes only some of them fall to the band below for now. */
export function assignBands(values: Float64Array, cuts: readonly Cut[]): Uint8Array {
  const bandOf = new Uint8Array(values.length);
  // Amounts are integers: "above a cut that not all of its equals pass" is "at least one more".
  const lowest = Float64Array.from(cuts, ({ value, ofEqual }) => (ofEqual > 0 ? value + 1 : value));
  const last = cuts.length - 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    let band = 0;
    while (band < last && value < lowest[band]!) band++;
    bandOf[i] = band;
  }
  return bandOf;
}

/** Lets those of a tie pass whose ids come first. */
function settleTies(values: Float64Array, numbers: Uint32Array, cuts: readonly Cut[], names: Names, bandOf: Uint8Array): void {
  const equals = new Map<number, Uint32Array>();
  const byId = (a: number, b: number): number => names.compare(numbers[a]!, numbers[b]!);
  const settled = new Map<number, number>();
  for (const [band, { value, ofEqual }] of cuts.entries()) {
    if (ofEqual === 0) continue;
    let places = equals.get(value);
    if (!places) {
      places = placesOf(values, value);
      equals.set(value, places);
    }
    const done = settled.get(value) ?? 0;
    selectSmallest(places, done, places.length, ofEqual - done, byId);
    for (let i = done; i < ofEqual; i++) bandOf[places[i]!] = band;
    settled.set(value, ofEqual);
  }
}

/** Where a value occurs. */
export function placesOf(values: Float64Array, value: number): Uint32Array {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === value) count++;
  const places = new Uint32Array(count);
  for (let i = 0, at = 0; at < count; i++) if (values[i] === value) places[at++] = i;
  return places;
}

/** Sums up each band, and notes the band of each customer number. */
export function summarise(
  task: Pick<RankTask, 'percents' | 'bands' | 'sums'>,
  values: Float64Array,
  numbers: Uint32Array,
  bandOf: Uint8Array,
): Band[] {
  const count = task.percents.length;
  const customers = new Float64Array(count);
  const visits = new Float64Array(count);
  const lowest = new Float64Array(count).fill(Infinity);
  task.bands.fill(NO_BAND);
  for (let i = 0; i < values.length; i++) {
    const band = bandOf[i]!;
    const number = numbers[i]!;
    task.bands[number] = band;
    customers[band] = customers[band]! + 1;
    visits[band] = visits[band]! + visitsOf(task.sums, number);
    if (values[i]! < lowest[band]!) lowest[band] = values[i]!;
  }
  return Array.from(exactSums(values, bandOf, count), (amount, band) => ({
    customers: customers[band]!,
    amount,
    visits: visits[band]!,
    lowest: customers[band] === 0 ? null : lowest[band]!,
  }));
}

/** Sum of the amounts of each band: the part above and the part below 2^26 apart, so that no double ever has to round. */
function exactSums(values: Float64Array, bandOf: Uint8Array, count: number): bigint[] {
  const unit = 2 ** 26;
  const high = new Float64Array(count);
  const low = new Float64Array(count);
  for (let i = 0; i < values.length; i++) {
    const band = bandOf[i]!;
    const above = Math.floor(values[i]! / unit);
    high[band] = high[band]! + above;
    low[band] = low[band]! + (values[i]! - above * unit);
  }
  return Array.from(high, (above, band) => BigInt(above) * BigInt(unit) + BigInt(low[band]!));
}

function standingOf(task: RankTask, subject: number, order: Order): Standing {
  const { values, numbers, cuts, bandOf, names } = order;
  const amount = netOf(task.sums, subject);
  const visits = visitsOf(task.sums, subject);
  const place = numbers.indexOf(subject);
  if (place < 0) return { amount, visits, rank: null, band: null, missing: [] };
  let before = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i]! > amount || (values[i] === amount && names.compare(numbers[i]!, subject) < 0)) before++;
  }
  const missing = cuts.map(({ count, value }, band) => {
    if (bandOf[place]! <= band) return 0;
    if (count === 0) return null;
    return value - amount + (drawIsEnough(value, band, subject, order) ? 0 : 1);
  });
  return { amount, visits, rank: before + 1, band: bandOf[place]!, missing };
}

/** Whether drawing level with a cut passes somebody there by id. */
function drawIsEnough(value: number, band: number, subject: number, { values, numbers, bandOf, names }: Order): boolean {
  for (let i = 0; i < values.length; i++) {
    if (values[i] === value && bandOf[i]! <= band && names.compare(numbers[i]!, subject) > 0) return true;
  }
  return false;
}
