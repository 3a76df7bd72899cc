import { Names, type NamesHandle } from '../contribution/dictionary';
import { selectSmallest } from '../contribution/order-statistics';
import { placesOf, type Cut } from '../contribution/ranking';

/** Customers with exactly this amount, of whom only the first by id are above a cut. */
export interface Tie {
  readonly value: number;
  /** So many ids are needed, at the most. */
  readonly needed: number;
}

/** A cut with everything that decides who is above it. */
export interface SettledCut extends Cut {
  /** Of those with exactly `value`, the last by id who is above; absent where all are. */
  readonly lastId?: string | undefined;
}

/** The ties that cuts run through. */
export function tiesOf(cuts: readonly Cut[]): Tie[] {
  const needed = new Map<number, number>();
  for (const { value, ofEqual } of cuts) if (ofEqual > 0) needed.set(value, Math.max(needed.get(value) ?? 0, ofEqual));
  return [...needed].map(([value, count]) => ({ value, needed: count }));
}

/** What a partition looks its ties up in. */
export interface TieTask {
  readonly values: Float64Array;
  readonly numbers: Uint32Array;
  readonly customers: NamesHandle;
  readonly ties: readonly Tie[];
}

/** For each tie, the first ids of a partition, in the order of their UTF-8 bytes: as many as are needed, or all there are. */
export function firstIds({ values, numbers, customers, ties }: TieTask): string[][] {
  const names = new Names(customers);
  return ties.map(({ value, needed }) => {
    const equals = placesOf(values, value).map((place) => numbers[place]!);
    const byId = (a: number, b: number): number => names.compare(a, b);
    selectSmallest(equals, 0, equals.length, needed, byId);
    return Array.from(equals.subarray(0, needed).sort(byId), (number) => names.name(number));
  });
}

/** The cuts with the last id above each tie, from the first ids of all partitions: `ids` by tie, then by partition. */
export function settleCuts(cuts: readonly Cut[], ties: readonly Tie[], ids: readonly (readonly string[])[]): SettledCut[] {
  const sorted = ids.map((list) => [...list].sort(compareIds));
  return cuts.map((cut) => {
    if (cut.ofEqual === 0) return cut;
    const lastId = sorted[ties.findIndex(({ value }) => value === cut.value)]?.[cut.ofEqual - 1];
    if (lastId === undefined) throw new Error('there are fewer ids at a tie than customers were counted');
    return { ...cut, lastId };
  });
}

/** Whether somebody is above a cut. */
export function isAbove({ count, value, ofEqual, lastId }: SettledCut, amount: number, id: string): boolean {
  if (count === 0 || amount < value) return false;
  return amount > value || ofEqual === 0 || compareIds(id, lastId!) <= 0;
}

/** Order of two ids by their UTF-8 bytes: negative, 0 or positive. */
export function compareIds(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return codeOrder(x) - codeOrder(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for characters beyond all others: as UTF-8 bytes they come last. */
function codeOrder(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
