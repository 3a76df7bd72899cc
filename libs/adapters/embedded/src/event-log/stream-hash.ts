/** Puts a 64-bit hash of a stream id into `out` as two 32-bit halves. Kept in snapshots, so it must never change. */
export type StreamHash = (streamId: string, out: Uint32Array) => void;

/** One lane each of multiply-and-rotate over the UTF-16 units, crossed and avalanched at the end (constants of MurmurHash3, public domain). */
export const streamHash: StreamHash = (streamId, out) => {
  let a = 0x9747b28c;
  let b = 0x3c6ef372;
  for (let i = 0; i < streamId.length; i++) {
    const unit = streamId.charCodeAt(i);
    a = Math.imul(a ^ unit, 0xcc9e2d51);
    a = (a << 13) | (a >>> 19);
    b = Math.imul(b ^ unit, 0x1b873593);
    b = (b << 17) | (b >>> 15);
  }
  a ^= streamId.length;
  a = avalanche(a ^ Math.imul(b, 0xe6546b64));
  b = avalanche(b ^ a);
  out[0] = a;
  out[1] = b;
};

function avalanche(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
