/** The k-th largest of some values, and how many are larger or equal to it. */
export interface OrderStatistic {
  readonly value: number;
  /** How many values are larger. */
  readonly larger: number;
  /** How many values are equal to it, itself included. */
  readonly equal: number;
}

/** Buckets of a histogram over all doubles. */
export const BUCKETS = 65_536;

/**
 * The k-th largest of the values (k from 1) for each k given, exactly, without sorting: a histogram over the upper
 * 16 bits of the doubles, whose order as unsigned integers is that of the numbers once the sign is folded, then a selection within
 * the one bucket in question. Values must be finite and not −0.
 */
export function kthLargest(values: Float64Array, ks: readonly number[]): OrderStatistic[] {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  const histogram = histogramOf(values);
  const found = ks.map((k) => bucketOfRank(histogram, k));
  const wanted = new Uint8Array(BUCKETS);
  for (const { bucket } of found) wanted[bucket] = 1;
  const members = gather(values, words, histogram, wanted);
  return found.map(({ bucket, larger }, i) => {
    const list = members.get(bucket)!;
    const value = selectLargest(list, ks[i]! - larger);
    let above = 0;
    let equal = 0;
    for (let at = 0; at < list.length; at++) {
      if (list[at]! > value) above++;
      else if (list[at] === value) equal++;
    }
    return { value, larger: larger + above, equal };
  });
}

/** How many values each bucket has. */
export function histogramOf(values: Float64Array): Uint32Array {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  const histogram = new Uint32Array(BUCKETS);
  for (let i = 1; i < words.length; i += 2) {
    const bucket = bucketOf(words[i]!);
    histogram[bucket] = histogram[bucket]! + 1;
  }
  return histogram;
}

/** The bucket of a double by its upper 32 bits: buckets are in the order of the numbers. */
export function bucketOf(highWord: number): number {
  return (highWord ^ ((highWord >> 31) | -0x8000_0000)) >>> 16;
}

function bucketOfRank(histogram: Uint32Array, k: number): { bucket: number; larger: number } {
  let larger = 0;
  for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) {
    const count = histogram[bucket]!;
    if (larger + count >= k) return { bucket, larger };
    larger += count;
  }
  throw new RangeError(`there is no ${k}th value`);
}

function gather(values: Float64Array, words: Int32Array, histogram: Uint32Array, wanted: Uint8Array): Map<number, Float64Array> {
  const members = new Map<number, Float64Array>();
  const filled = new Uint32Array(BUCKETS);
  wanted.forEach((is, bucket) => {
    if (is === 1) members.set(bucket, new Float64Array(histogram[bucket]!));
  });
  for (let i = 0; i < values.length; i++) {
    const bucket = bucketOf(words[i * 2 + 1]!);
    if (wanted[bucket] !== 1) continue;
    members.get(bucket)![filled[bucket]!] = values[i]!;
    filled[bucket] = filled[bucket]! + 1;
  }
  return members;
}

/** The k-th largest of a list, whose order is changed (Hoare's selection). */
function selectLargest(list: Float64Array, k: number): number {
  const target = k - 1;
  let from = 0;
  let to = list.length - 1;
  while (from < to) {
    const pivot = list[(from + to) >>> 1]!;
    let i = from;
    let j = to;
    while (i <= j) {
      while (list[i]! > pivot) i++;
      while (list[j]! < pivot) j--;
      if (i > j) break;
      const swapped = list[i]!;
      list[i++] = list[j]!;
      list[j--] = swapped;
    }
    if (target <= j) to = j;
    else if (target >= i) from = i;
    else break;
  }
  return list[target]!;
}

/**
 * Moves the `count` smallest of items[from..to) by `compare` to its front, in any order (Hoare's selection, the pivot being the
 * median of three).
 */
export function selectSmallest(
  items: Uint32Array,
  from: number,
  to: number,
  count: number,
  compare: (a: number, b: number) => number,
): void {
  const target = from + count;
  while (to - from > 1 && target > from && target < to) {
    const pivot = medianOfThree(items[from]!, items[(from + to) >>> 1]!, items[to - 1]!, compare);
    let i = from;
    let j = to - 1;
    while (i <= j) {
      while (compare(items[i]!, pivot) < 0) i++;
      while (compare(items[j]!, pivot) > 0) j--;
      if (i > j) break;
      const swapped = items[i]!;
      items[i++] = items[j]!;
      items[j--] = swapped;
    }
    if (target <= j) to = j + 1;
    else if (target >= i) from = i;
    else return;
  }
}

function medianOfThree(a: number, b: number, c: number, compare: (a: number, b: number) => number): number {
  if (compare(a, b) > 0) [a, b] = [b, a];
  if (compare(b, c) <= 0) return b;
  return compare(a, c) <= 0 ? c : a;
}
