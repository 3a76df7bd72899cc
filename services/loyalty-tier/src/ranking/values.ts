import type { Cut } from '../contribution/ranking';
import { bucketOf, BUCKETS } from '../contribution/order-statistics';
import { bucketOfValue, type PlacedCut } from './distribution';

/** An amount and how many customers have it, and so on; amounts ascending. */
export type ValueCounts = readonly number[];

/** The amounts of a partition that lie in some buckets, with their counts, ascending. */
export function valuesIn(values: Float64Array, buckets: readonly number[]): number[] {
  const wanted = new Uint8Array(BUCKETS);
  for (const bucket of buckets) wanted[bucket] = 1;
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  const inside = values.filter((_, i) => wanted[bucketOf(words[i * 2 + 1]!)] === 1).sort();
  const pairs: number[] = [];
  for (let i = 0; i < inside.length;) {
    const value = inside[i]!;
    const first = i;
    while (i < inside.length && inside[i] === value) i++;
    pairs.push(value, i - first);
  }
  return pairs;
}

/** The amounts of all partitions with their counts, ascending. */
export function mergeValues(parts: readonly ValueCounts[]): ValueCounts {
  if (parts.length === 0) return [];
  let lists = [...parts];
  while (lists.length > 1) lists = lists.flatMap((list, i) => (i % 2 === 1 ? [] : [lists[i + 1] ? merged(list, lists[i + 1]!) : list]));
  return lists[0]!;
}

function merged(a: ValueCounts, b: ValueCounts): number[] {
  const result: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const [x, y] = [a[i] ?? Infinity, b[j] ?? Infinity];
    result.push(Math.min(x, y), (x <= y ? a[i + 1]! : 0) + (y <= x ? b[j + 1]! : 0));
    if (x <= y) i += 2;
    if (y <= x) j += 2;
  }
  return result;
}

/**
 * The cuts, from the amounts in the critical buckets. The cut below which nobody is has no amount of its own (−Infinity), as it parts nobody.
 * Throws Error where the amounts are not those that were counted before.
 */
export function cutsFrom(placed: readonly PlacedCut[], histogram: Uint32Array, values: ValueCounts): Cut[] {
  const inBucket = new Map<number, number[]>();
  for (let i = 0; i < values.length; i += 2) {
    const bucket = bucketOfValue(values[i]!);
    const list = inBucket.get(bucket) ?? [];
    if (list.length === 0) inBucket.set(bucket, list);
    list.push(values[i]!, values[i + 1]!);
  }
  return placed.map(({ count, bucket, larger }) => {
    if (bucket === undefined) return { count, value: count === 0 ? Infinity : -Infinity, ofEqual: 0 };
    const list = inBucket.get(bucket) ?? [];
    let below = 0;
    for (let i = 0; i < list.length; i += 2) below += list[i + 1]!;
    if (below !== histogram[bucket]) throw new Error('the amounts of the partitions are not those they counted');
    return cutIn(list, count, larger);
  });
}

function cutIn(list: ValueCounts, count: number, largerBuckets: number): Cut {
  let larger = largerBuckets;
  for (let i = list.length - 2; i >= 0; i -= 2) {
    const equal = list[i + 1]!;
    const needed = count - larger;
    if (needed <= equal) return { count, value: list[i]!, ofEqual: needed === equal ? 0 : needed };
    larger += equal;
  }
  throw new Error('a cut lies beyond its bucket');
}
