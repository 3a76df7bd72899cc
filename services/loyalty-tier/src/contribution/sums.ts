/**
 * Sums per customer number, side by side so that a row in arrival order touches one cache line only: at 2 × number the net contribution
 * (sold less returned, minor units; exact while one customer's amounts stay below 2^53), at 2 × number + 1 receipt entries and visits.
 */
export type Sums = Float64Array;

/** Entries count in units of this; what remains, positive or negative, are visits. Both stay exact up to 33 million a customer. */
const ENTRY_UNIT = 2 ** 26;

/** Sums of so many customers, all zero, in shared memory. */
export function emptySums(customers: number): Sums {
  return new Float64Array(new SharedArrayBuffer(customers * 2 * Float64Array.BYTES_PER_ELEMENT));
}

/** Receipt entries and visits as one number; such numbers may be added up. */
export function packCounts(entries: number, visits: number): number {
  return entries * ENTRY_UNIT + visits;
}

/** Sold less returned of a customer number, minor units. */
export function netOf(sums: Sums, customer: number): number {
  return sums[customer * 2]!;
}

/** Receipt entries of a customer number; 0 for a customer with nothing in the selection. */
export function entriesOf(sums: Sums, customer: number): number {
  return Math.floor((sums[customer * 2 + 1]! + ENTRY_UNIT / 2) / ENTRY_UNIT);
}

/** Visits of a customer number. */
export function visitsOf(sums: Sums, customer: number): number {
  return sums[customer * 2 + 1]! - entriesOf(sums, customer) * ENTRY_UNIT;
}

/** Adds the sums of one part of the rows to those of another. */
export function addSums({ into, from }: { readonly into: Sums; readonly from: Sums }): void {
  for (let i = 0; i < into.length; i++) into[i] = into[i]! + from[i]!;
}
