/** What another thread needs to read a dictionary as it was when this was made. */
export interface NamesHandle {
  readonly chunks: readonly SharedArrayBuffer[];
  readonly chunkBits: number;
  /** Where each name begins in the arena, by number. */
  readonly offsets: SharedArrayBuffer;
  readonly size: number;
}

/** Longest name in UTF-8 bytes. */
export const NAME_BYTES_MAX = 1_024;
const LENGTH_BYTES = 2;
/** An entry of the table is a number plus 1, and above it some bits of the name's hash, so that few names are compared in vain. */
const INDEX_BITS = 26;
const INDEX_MASK = 2 ** INDEX_BITS - 1;
/** Most names a dictionary can hold. */
export const NAMES_MAX = INDEX_MASK - 1;

/** Names by number: read-only, over shared memory. */
export class Names {
  private readonly chunks: Buffer[];
  private readonly offsets: Uint32Array;
  readonly size: number;
  private readonly chunkBits: number;

  constructor(handle: NamesHandle) {
    this.chunks = handle.chunks.map((chunk) => Buffer.from(chunk));
    this.offsets = new Uint32Array(handle.offsets);
    this.size = handle.size;
    this.chunkBits = handle.chunkBits;
  }

  /** The name with a number below `size`. */
  name(index: number): string {
    const offset = this.offsets[index]!;
    const chunk = this.chunks[offset >>> this.chunkBits]!;
    const at = offset & ((1 << this.chunkBits) - 1);
    const start = at + LENGTH_BYTES;
    return chunk.toString('utf8', start, start + chunk.readUInt16LE(at));
  }

  /** Order of two names by their UTF-8 bytes: negative, 0 or positive. */
  compare(a: number, b: number): number {
    const mask = (1 << this.chunkBits) - 1;
    const offsetA = this.offsets[a]!;
    const offsetB = this.offsets[b]!;
    const chunkA = this.chunks[offsetA >>> this.chunkBits]!;
    const chunkB = this.chunks[offsetB >>> this.chunkBits]!;
    let i = offsetA & mask;
    let j = offsetB & mask;
    const lengthA = chunkA[i]! | (chunkA[i + 1]! << 8);
    const lengthB = chunkB[j]! | (chunkB[j + 1]! << 8);
    i += LENGTH_BYTES;
    j += LENGTH_BYTES;
    for (const end = i + Math.min(lengthA, lengthB); i < end; i++, j++) {
      const difference = chunkA[i]! - chunkB[j]!;
      if (difference !== 0) return difference;
    }
    return lengthA - lengthB;
  }
}

/**
 * Gives names dense numbers in order of first sight. Bytes in an arena, numbers in an open-addressing table: about
 * 14 bytes a name beside the name itself. Names are never removed.
 */
export class Dictionary {
  private chunks: Uint8Array[] = [];
  private offsets = new Uint32Array(new SharedArrayBuffer(4 * 64));
  private table = new Uint32Array(128);
  private count = 0;
  /** Free place in the arena. */
  private end = 0;
  private readonly scratch = Buffer.alloc(NAME_BYTES_MAX);

  constructor(private readonly chunkBits = 16) {}

  get size(): number {
    return this.count;
  }

  /** Bytes held in memory. */
  get bytes(): number {
    return (this.chunks.length << this.chunkBits) + this.offsets.byteLength + this.table.byteLength;
  }

  /** The number of a name, or −1 where it has none. Throws RangeError on a name no dictionary can hold. */
  find(name: string): number {
    const length = this.encode(name);
    return (this.table[this.slot(length, hash(this.scratch, 0, length))]! & INDEX_MASK) - 1;
  }

  /** The number of a name, given one now if it is new. Throws RangeError on a name no dictionary can hold. */
  intern(name: string): number {
    const length = this.encode(name);
    const hashed = hash(this.scratch, 0, length);
    const slot = this.slot(length, hashed);
    const found = this.table[slot]!;
    if (found !== 0) return (found & INDEX_MASK) - 1;
    if (this.count === NAMES_MAX) throw new RangeError('a dictionary of names is full');
    const index = this.count;
    if (index === this.offsets.length) this.growOffsets();
    this.offsets[index] = this.store(length);
    this.table[slot] = entryOf(hashed, index);
    this.count++;
    if (this.count * 5 > this.table.length * 3) this.growTable();
    return index;
  }

  /** A view for readers, on this thread or another: later names do not show in it. */
  handle(): NamesHandle {
    return {
      chunks: this.chunks.map((chunk) => chunk.buffer as SharedArrayBuffer),
      chunkBits: this.chunkBits,
      offsets: this.offsets.buffer as SharedArrayBuffer,
      size: this.count,
    };
  }

  private encode(name: string): number {
    const { scratch } = this;
    const { length } = name;
    if (length > NAME_BYTES_MAX) throw new RangeError(`a name is longer than ${NAME_BYTES_MAX} bytes`);
    for (let i = 0; i < length; i++) {
      const code = name.charCodeAt(i);
      if (code > 127) return this.encodeUnicode(name);
      scratch[i] = code;
    }
    return length;
  }

  private encodeUnicode(name: string): number {
    const bytes = Buffer.from(name, 'utf8');
    if (bytes.length > NAME_BYTES_MAX) throw new RangeError(`a name is longer than ${NAME_BYTES_MAX} bytes`);
    // A lone surrogate has no UTF-8 form: two such names would become one.
    if (/[\ud800-\udfff]/u.test(name)) throw new RangeError('a name is not well-formed Unicode');
    bytes.copy(this.scratch);
    return bytes.length;
  }

  private slot(length: number, hashed: number): number {
    const { table } = this;
    const mask = table.length - 1;
    const tag = hashed >>> INDEX_BITS;
    let slot = hashed & mask;
    for (let entry = table[slot]!; entry !== 0; entry = table[slot]!) {
      if (entry >>> INDEX_BITS === tag && this.equals((entry & INDEX_MASK) - 1, length)) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private equals(index: number, length: number): boolean {
    const offset = this.offsets[index]!;
    const chunk = this.chunks[offset >>> this.chunkBits]!;
    const at = offset & ((1 << this.chunkBits) - 1);
    if ((chunk[at]! | (chunk[at + 1]! << 8)) !== length) return false;
    for (let i = 0; i < length; i++) if (chunk[at + LENGTH_BYTES + i] !== this.scratch[i]) return false;
    return true;
  }

  private store(length: number): number {
    const chunkBytes = 1 << this.chunkBits;
    if ((this.end & (chunkBytes - 1)) + length + LENGTH_BYTES > chunkBytes) this.end = this.chunks.length * chunkBytes;
    if (this.end + length > 0xffff_ffff - NAME_BYTES_MAX) throw new RangeError('a dictionary of names is full');
    if (this.end === this.chunks.length * chunkBytes) this.chunks.push(new Uint8Array(new SharedArrayBuffer(chunkBytes)));
    const offset = this.end;
    const chunk = this.chunks[this.chunks.length - 1]!;
    const at = offset & (chunkBytes - 1);
    chunk[at] = length & 0xff;
    chunk[at + 1] = length >>> 8;
    for (let i = 0; i < length; i++) chunk[at + LENGTH_BYTES + i] = this.scratch[i]!;
    this.end += length + LENGTH_BYTES;
    return offset;
  }

  private growOffsets(): void {
    const grown = new Uint32Array(new SharedArrayBuffer(this.offsets.byteLength * 2));
    grown.set(this.offsets);
    this.offsets = grown;
  }

  private growTable(): void {
    const table = new Uint32Array(this.table.length * 2);
    const mask = table.length - 1;
    const chunkMask = (1 << this.chunkBits) - 1;
    for (let index = 0; index < this.count; index++) {
      const offset = this.offsets[index]!;
      const chunk = this.chunks[offset >>> this.chunkBits]!;
      const at = offset & chunkMask;
      const length = chunk[at]! | (chunk[at + 1]! << 8);
      const hashed = hash(chunk, at + LENGTH_BYTES, length);
      let slot = hashed & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = entryOf(hashed, index);
    }
    this.table = table;
  }
}

function entryOf(hashed: number, index: number): number {
  return ((hashed >>> INDEX_BITS) << INDEX_BITS) | (index + 1);
}

/** FNV-1a, then the 32-bit finalizer of MurmurHash3, so that the low bits are good enough for a table. */
function hash(bytes: Uint8Array, start: number, length: number): number {
  let h = 0x811c9dc5;
  for (let i = start; i < start + length; i++) h = Math.imul(h ^ bytes[i]!, 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A dictionary as it was at one moment: names that came later are not known. */
export class NamesAtMoment {
  readonly handle: NamesHandle;

  constructor(private readonly dictionary: Dictionary) {
    this.handle = dictionary.handle();
  }

  /** The number of a name, or −1 where it had none: one that no dictionary can hold never has. */
  find(name: string): number {
    try {
      const number = this.dictionary.find(name);
      return number < this.handle.size ? number : -1;
    } catch (error) {
      if (error instanceof RangeError) return -1;
      throw error;
    }
  }
}
