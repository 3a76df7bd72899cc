import { bucketOf, BUCKETS, histogramOf } from '../contribution/order-statistics';
import { cutCount } from '../contribution/ranking';

/** A bucket and how many customers are in it, and so on; buckets ascending. */
export type BucketCounts = readonly number[];

/** How the amounts of a partition are distributed: each bucket that has any, ascending, and its count. */
export function distributionOf(values: Float64Array): number[] {
  const pairs: number[] = [];
  histogramOf(values).forEach((count, bucket) => {
    if (count > 0) pairs.push(bucket, count);
  });
  return pairs;
}

/** Adds the distributions of all partitions up: customers by bucket. */
export function mergeDistributions(parts: readonly BucketCounts[]): Uint32Array {
  const histogram = new Uint32Array(BUCKETS);
  for (const pairs of parts) for (let i = 0; i < pairs.length; i += 2) histogram[pairs[i]!] = histogram[pairs[i]!]! + pairs[i + 1]!;
  return histogram;
}

/** Where in the distribution a cut lies. */
export interface PlacedCut {
  /** How many are above it. */
  readonly count: number;
  /** The bucket of the lowest amount above it; undefined where it need not be known: nobody is above it, or everybody. */
  readonly bucket?: number | undefined;
  /** How many are in the buckets above that one. */
  readonly larger: number;
}

/** Finds the bucket of each cut. `percents` ascend, the last one is 100. */
export function placeCuts(histogram: Uint32Array, percents: readonly number[]): { customers: number; cuts: readonly PlacedCut[] } {
  const customers = histogram.reduce((sum, count) => sum + count, 0);
  const cuts = percents.map((percent, i) => {
    const count = cutCount(customers, percent);
    if (count === 0 || i === percents.length - 1) return { count, larger: 0 };
    let bucket = BUCKETS - 1;
    let larger = 0;
    while (larger + histogram[bucket]! < count) larger += histogram[bucket--]!;
    return { count, bucket, larger };
  });
  return { customers, cuts };
}

/** The buckets whose values must be known, ascending. */
export function criticalBuckets(cuts: readonly PlacedCut[]): number[] {
  return [...new Set(cuts.map(({ bucket }) => bucket).filter((bucket) => bucket !== undefined))].sort((a, b) => a - b);
}

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);

/** The bucket of an amount. */
export function bucketOfValue(value: number): number {
  double[0] = value;
  return bucketOf(words[1]!);
}
