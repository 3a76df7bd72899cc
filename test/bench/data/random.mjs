/** Pseudo-random numbers in [0, 1) that a seed determines wholly (mulberry32, public domain). */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number from `low` to `high`, both included. */
export function between(random, low, high) {
  return low + Math.floor(random() * (high - low + 1));
}

/**
 * Draws ranks from 1 to `size`, rank r about r^-exponent as often as rank 1: Zipf's law, by the inverse of its continuous
 * cumulative distribution. `exponent` must not be 1.
 */
export function zipf(random, size, exponent) {
  const power = 1 - exponent;
  const top = (size + 1) ** power - 1;
  return () => Math.min(size, Math.floor((random() * top + 1) ** (1 / power)));
}
