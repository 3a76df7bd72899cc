/** A stream of numbers in [0, 1) that a seed determines wholly (mulberry32, public domain): the demo is the same on every machine. */
export type Random = () => number;

/** Starts a stream. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number from `low` to `high`, both included. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** One of a list. */
export function pick<T>(random: Random, list: readonly T[]): T {
  return list[between(random, 0, list.length - 1)] as T;
}
