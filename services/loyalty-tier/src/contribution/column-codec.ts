import { deflateRawSync, inflateRawSync } from 'node:zlib';

type Integers = Int32Array | Uint32Array | Uint16Array | Int8Array;

/** A column as it lies in a file. */
export interface EncodedColumn {
  /** Bytes of a value: 0 where all are 0. */
  readonly width: number;
  readonly bytes: Buffer;
}

/**
 * Packs integers: small magnitudes become small unsigned numbers (zigzag), equal bytes of all values are laid side by side,
 * so that what varies little compresses well, then deflate.
 */
export function encodeColumn(values: Integers): EncodedColumn {
  const rows = values.length;
  const folded = new Uint32Array(rows);
  let all = 0;
  for (let i = 0; i < rows; i++) {
    const value = values[i]! | 0;
    const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
    folded[i] = zigzag;
    all |= zigzag;
  }
  const width = Math.ceil((32 - Math.clz32(all)) / 8);
  const planes = Buffer.allocUnsafe(rows * width);
  for (let plane = 0, at = 0; plane < width; plane++) {
    const shift = plane * 8;
    for (let i = 0; i < rows; i++) planes[at++] = folded[i]! >>> shift;
  }
  return { width, bytes: width === 0 ? Buffer.alloc(0) : deflateRawSync(planes, { level: 6 }) };
}

/** Unpacks a column into an array of its length. Throws where the bytes are no such column. */
export function decodeColumn({ width, bytes }: EncodedColumn, into: Integers): void {
  const rows = into.length;
  if (width === 0) return;
  const planes = inflateRawSync(bytes, { maxOutputLength: rows * width });
  if (planes.length !== rows * width) throw new RangeError(`${planes.length} bytes where ${rows * width} are expected`);
  for (let i = 0; i < rows; i++) {
    let zigzag = planes[i]!;
    for (let plane = 1; plane < width; plane++) zigzag |= planes[plane * rows + i]! << (plane * 8);
    into[i] = (zigzag >>> 1) ^ -(zigzag & 1);
  }
}
