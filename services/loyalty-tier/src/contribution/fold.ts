import { columnsOf, type Columns, type Segment } from './segment';
import { packCounts, type Sums } from './sums';

/** Which rows count. */
export interface Selection {
  /** First and last day that count (days since 1970-01-01, both included). */
  readonly fromDay: number;
  readonly toDay: number;
  /** 1 for each store number that counts; absent: all. */
  readonly stores?: Uint8Array | undefined;
  /** Number in the category column that counts; absent: all. Visits are then those that bought in it. */
  readonly category?: number | undefined;
}

/** A part of the rows: all of some segments in arrival order, and a range of customers in the clustered ones. */
export interface Share {
  readonly arrival: readonly { readonly segment: Segment; readonly from: number; readonly to: number }[];
  readonly clustered: readonly Segment[];
  /** Customer numbers from (included) to (excluded) of the clustered segments. */
  readonly fromCustomer: number;
  readonly toCustomer: number;
}

/** First run whose customer is not below the one given. */
export function firstRun({ runCustomer }: Columns, customer: number): number {
  let low = 0;
  let high = runCustomer.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (runCustomer[middle]! < customer) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Adds the selected rows of a share to the sums. */
export function fold(share: Share, selection: Selection, sums: Sums): void {
  const all = selection.stores === undefined && selection.category === undefined;
  for (const segment of share.clustered) {
    const columns = columnsOf(segment);
    const from = firstRun(columns, share.fromCustomer);
    const to = firstRun(columns, share.toCustomer);
    if (all) foldRuns(columns, from, to, segment.unit, selection, sums);
    else foldRunsFiltered(columns, from, to, segment.unit, selection, sums);
  }
  for (const { segment, from, to } of share.arrival) {
    const columns = columnsOf(segment);
    if (all) foldRows(columns, from, to, segment.unit, selection, sums);
    else foldRowsFiltered(columns, from, to, segment.unit, selection, sums);
  }
}

// `inside` below is −1 or 0, from the signs of two differences: a row is masked away without a branch to mispredict.

function foldRuns(columns: Columns, from: number, to: number, unit: number, selection: Selection, sums: Sums): void {
  const { runCustomer, runStart, net, day, entries, visits } = columns;
  const { fromDay, toDay } = selection;
  for (let run = from; run < to; run++) {
    const customer = runCustomer[run]!;
    const end = runStart[run + 1]!;
    let netSum = 0;
    let entriesSum = 0;
    let visitsSum = 0;
    for (let i = runStart[run]!; i < end; i++) {
      const inside = ~(((day[i]! - fromDay) | (toDay - day[i]!)) >> 31);
      netSum += net[i]! & inside;
      entriesSum += entries[i]! & inside;
      visitsSum += visits[i]! & inside;
    }
    sums[customer * 2] = sums[customer * 2]! + netSum * unit;
    sums[customer * 2 + 1] = sums[customer * 2 + 1]! + packCounts(entriesSum, visitsSum);
  }
}

function foldRunsFiltered(columns: Columns, from: number, to: number, unit: number, selection: Selection, sums: Sums): void {
  const { runCustomer, runStart, net, day, store, category, entries } = columns;
  const { fromDay, stores, category: wanted } = selection;
  const visits = wanted === undefined ? columns.visits : columns.bought;
  const span = selection.toDay - fromDay;
  for (let run = from; run < to; run++) {
    const customer = runCustomer[run]!;
    const end = runStart[run + 1]!;
    for (let i = runStart[run]!; i < end; i++) {
      if ((day[i]! - fromDay) >>> 0 > span) continue;
      if (wanted !== undefined && category[i] !== wanted) continue;
      if (stores !== undefined && stores[store[i]!] !== 1) continue;
      sums[customer * 2] = sums[customer * 2]! + net[i]! * unit;
      sums[customer * 2 + 1] = sums[customer * 2 + 1]! + packCounts(entries[i]!, visits[i]!);
    }
  }
}

function foldRows(columns: Columns, from: number, to: number, unit: number, selection: Selection, sums: Sums): void {
  const { customer: customers, net, day, entries, visits } = columns;
  const { fromDay } = selection;
  const span = selection.toDay - fromDay;
  for (let i = from; i < to; i++) {
    if ((day[i]! - fromDay) >>> 0 > span) continue;
    const customer = customers[i]!;
    sums[customer * 2] = sums[customer * 2]! + net[i]! * unit;
    sums[customer * 2 + 1] = sums[customer * 2 + 1]! + packCounts(entries[i]!, visits[i]!);
  }
}

function foldRowsFiltered(columns: Columns, from: number, to: number, unit: number, selection: Selection, sums: Sums): void {
  const { customer: customers, net, day, store, category, entries } = columns;
  const { fromDay, stores, category: wanted } = selection;
  const visits = wanted === undefined ? columns.visits : columns.bought;
  const span = selection.toDay - fromDay;
  for (let i = from; i < to; i++) {
    if ((day[i]! - fromDay) >>> 0 > span) continue;
    if (wanted !== undefined && category[i] !== wanted) continue;
    if (stores !== undefined && stores[store[i]!] !== 1) continue;
    const customer = customers[i]!;
    sums[customer * 2] = sums[customer * 2]! + net[i]! * unit;
    sums[customer * 2 + 1] = sums[customer * 2 + 1]! + packCounts(entries[i]!, visits[i]!);
  }
}
