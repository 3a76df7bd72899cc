import { streamHash, type StreamHash } from './stream-hash';

export const SHARDS = 256;
const CAPACITY_MIN = 16;
/** Large tables are between 0.68 and 0.82 full: 16 bytes a slot are 19.5 to 23.5 bytes a stream. */
const LOAD_MAX = 0.82;
const GROWTH = 1.2;
/** Below this many slots a shard grows faster: there memory does not matter, time does. */
const SMALL = 4096;
const GROWTH_OF_SMALL = 2;
const NONE: readonly number[] = [];

/** One part of the table, small enough that growing it is not felt. A slot is free where `low` is 0. */
export interface HeadsShard {
  count: number;
  low: Uint32Array<ArrayBuffer>;
  high: Uint32Array<ArrayBuffer>;
  /** Offset of the last event of the stream. */
  head: Float64Array<ArrayBuffer>;
  /** Its revision, where the table keeps them. */
  revision?: Uint32Array | undefined;
}

function newShard(capacity: number, withRevisions: boolean): HeadsShard {
  const shard = { count: 0, low: new Uint32Array(capacity), high: new Uint32Array(capacity), head: new Float64Array(capacity) };
  return withRevisions ? { ...shard, revision: new Uint32Array(capacity) } : shard;
}

/**
 * Where each stream's last event lies: an open-addressing table (linear probing) from a 64-bit hash of the stream id to
 * a log offset. It keeps no ids, so what it finds are candidates: the caller looks at the record and goes on with the next when it
 * is another stream's.
 */
export class StreamHeads {
  readonly shards: HeadsShard[];
  private readonly hashed = new Uint32Array(2);

  /** `withRevisions`: keep the last revisions as well, four bytes a slot more; for verification. */
  constructor(
    private readonly hash: StreamHash = streamHash,
    { withRevisions = false }: { readonly withRevisions?: boolean } = {},
  ) {
    this.shards = Array.from({ length: SHARDS }, () => newShard(CAPACITY_MIN, withRevisions));
  }

  /** Streams in the table. */
  get count(): number {
    return this.shards.reduce((sum, shard) => sum + shard.count, 0);
  }

  /** Bytes the table takes. */
  get bytes(): number {
    return this.shards.reduce((sum, shard) => sum + shard.low.length * 16, 0);
  }

  /** Offsets of last events whose streams have this id's hash: none, nearly always one, more where hashes collide. */
  candidates(streamId: string): readonly number[] {
    const shard = this.locate(streamId);
    const [low, high] = this.hashed as unknown as [number, number];
    let found = NONE as number[];
    const capacity = shard.low.length;
    for (let slot = home(low, capacity); shard.low[slot] !== 0; slot = slot + 1 === capacity ? 0 : slot + 1) {
      if (shard.low[slot] !== low || shard.high[slot] !== high) continue;
      if (found === NONE) found = [];
      found.push(shard.head[slot] as number);
    }
    return found;
  }

  /**
   * Moves a stream's head from `previous` (0: the stream is new) to `position`. Answers the revision it had (−1 for a new stream, 0
   * where revisions are not kept); undefined, changing nothing, where it is not at `previous`.
   */
  move(streamId: string, previous: number, position: number, revision = 0): number | undefined {
    const shard = this.locate(streamId);
    const [low, high] = this.hashed as unknown as [number, number];
    const slot = find(shard, low, high, previous);
    if (shard.low[slot] !== 0) {
      const before = shard.revision?.[slot] ?? 0;
      shard.head[slot] = position;
      if (shard.revision) shard.revision[slot] = revision;
      return before;
    }
    if (previous !== 0) return undefined;
    put(shard, slot, low, high, position, revision);
    if (shard.count > shard.low.length * LOAD_MAX) this.shards[shardOf(high)] = grown(shard);
    return -1;
  }

  /** Whether one part of the table says the same as that part of another one. */
  hasSameShard(other: StreamHeads, number: number): boolean {
    const mine = this.shards[number] as HeadsShard;
    const theirs = other.shards[number] as HeadsShard;
    if (mine.count !== theirs.count) return false;
    return theirs.low.every((low, slot) => {
      if (low === 0) return true;
      return mine.low[find(mine, low, theirs.high[slot] as number, theirs.head[slot] as number)] !== 0;
    });
  }

  /** The number of the shard that a stream belongs to. */
  shardOf(streamId: string): number {
    this.locate(streamId);
    return shardOf(this.hashed[1] as number);
  }

  /** Two words that tell this hash function from others. */
  fingerprint(): readonly [number, number] {
    this.hash('regulars-stream-hash', this.hashed);
    return [this.hashed[0] as number, this.hashed[1] as number];
  }

  private locate(streamId: string): HeadsShard {
    this.hash(streamId, this.hashed);
    // 0 marks a free slot.
    if (this.hashed[0] === 0) this.hashed[0] = 1;
    return this.shards[shardOf(this.hashed[1] as number)] as HeadsShard;
  }
}

function shardOf(high: number): number {
  return high >>> 24;
}

/** Scales the hash to the capacity, which so need not be a power of two; keeps the order of hashes, so growing copies in sequence. */
function home(low: number, capacity: number): number {
  return Math.floor((low / 0x1_0000_0000) * capacity);
}

/** The slot with this hash and head, or the free slot that ends the search; with head 0 always the latter. */
function find(shard: HeadsShard, low: number, high: number, head: number): number {
  const capacity = shard.low.length;
  let slot = home(low, capacity);
  while (shard.low[slot] !== 0) {
    if (head !== 0 && shard.head[slot] === head && shard.low[slot] === low && shard.high[slot] === high) break;
    slot = slot + 1 === capacity ? 0 : slot + 1;
  }
  return slot;
}

function put(shard: HeadsShard, slot: number, low: number, high: number, position: number, revision: number): void {
  if (shard.revision) shard.revision[slot] = revision;
  shard.low[slot] = low;
  shard.high[slot] = high;
  shard.head[slot] = position;
  shard.count++;
}

function grown(old: HeadsShard): HeadsShard {
  const capacity = Math.ceil(old.low.length * (old.low.length < SMALL ? GROWTH_OF_SMALL : GROWTH));
  const shard = newShard(capacity, old.revision !== undefined);
  for (let from = 0; from < old.low.length; from++) {
    const low = old.low[from] as number;
    if (low === 0) continue;
    let slot = home(low, capacity);
    while (shard.low[slot] !== 0) slot = slot + 1 === capacity ? 0 : slot + 1;
    put(shard, slot, low, old.high[from] as number, old.head[from] as number, old.revision?.[from] ?? 0);
  }
  return shard;
}
