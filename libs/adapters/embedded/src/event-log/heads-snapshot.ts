import { rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { closeFile, openFile, readFully, syncDirectory, syncFile, writeFully } from './files';
import { SHARDS, type StreamHeads } from './stream-heads';

/*
 * Header (48 bytes): magic, format version, fingerprint of the hash function (2 × u32), shards, covered (f64: every shard
 * is at least as new), last position (f64), CRC-32 of the header. Then each shard: capacity, count, the offset in the log up to which
 * it is exact (f64), CRC-32 of its arrays, the arrays as they lie in memory (little-endian on all machines Node runs on).
 */
const MAGIC = Buffer.from('RGLRSHDS', 'latin1');
const FORMAT_VERSION = 1;
const HEADER_BYTES = 48;
const SHARD_HEADER_BYTES = 20;
const SLOT_BYTES = 16;
const WRITE_BYTES = 1024 * 1024;
const READ_BYTES = 1024 * 1024;

/** The name of the snapshot in the log's directory. */
export const SNAPSHOT_NAME = 'heads.snapshot';

/** What a snapshot knows about the log; offsets. */
export interface SnapshotCoverage {
  /** Nothing before this needs to be read again. */
  readonly covered: number;
  /** Each shard's own; records before it are in it already. */
  readonly shards: Float64Array;
  /** The last event before `covered`; 0 if there is none. */
  readonly lastPosition: number;
}

/**
 * Saves the heads. Each shard is copied at one moment and says up to where it is exact, so appends may go on meanwhile.
 * `durable` answers end and last event's offset of the log as the table has them now.
 */
export async function saveSnapshot(
  directory: string,
  heads: StreamHeads,
  durable: () => { readonly end: number; readonly lastPosition: number },
  beforeRename: () => Promise<void> | void,
): Promise<number> {
  const path = join(directory, SNAPSHOT_NAME);
  const temporary = `${path}.new`;
  const { end: covered, lastPosition } = durable();
  const fd = await openFile(temporary, 'w');
  try {
    let parts = [header(heads, covered, lastPosition)];
    let bytes = HEADER_BYTES;
    let at = 0;
    for (let shard = 0; shard < SHARDS; shard++) {
      const part = copyOfShard(heads, shard, durable().end);
      parts.push(part);
      bytes += part.length;
      if (bytes < WRITE_BYTES && shard < SHARDS - 1) continue;
      await writeFully(fd, Buffer.concat(parts), bytes, at);
      at += bytes;
      bytes = 0;
      parts = [];
    }
    await syncFile(fd);
  } catch (error) {
    await closeFile(fd);
    await rm(temporary, { force: true });
    throw error;
  }
  await closeFile(fd);
  await beforeRename();
  await rename(temporary, path);
  await syncDirectory(dirname(path));
  return covered;
}

function header(heads: StreamHeads, covered: number, lastPosition: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(FORMAT_VERSION, 8);
  const [a, b] = heads.fingerprint();
  bytes.writeUInt32LE(a, 12);
  bytes.writeUInt32LE(b, 16);
  bytes.writeUInt32LE(SHARDS, 20);
  bytes.writeDoubleLE(covered, 24);
  bytes.writeDoubleLE(lastPosition, 32);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 44)), 44);
  return bytes;
}

function copyOfShard(heads: StreamHeads, number: number, exactTo: number): Buffer {
  const shard = heads.shards[number] as StreamHeads['shards'][number];
  const bytes = Buffer.concat([
    Buffer.alloc(SHARD_HEADER_BYTES),
    ...[shard.low, shard.high, shard.head].map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength)),
  ]);
  bytes.writeUInt32LE(shard.low.length, 0);
  bytes.writeUInt32LE(shard.count, 4);
  bytes.writeDoubleLE(exactTo, 8);
  // The number of the shard starts the checksum: a shard is only valid in its place, and its own header is covered.
  bytes.writeUInt32LE(crc32(bytes.subarray(SHARD_HEADER_BYTES), crc32(bytes.subarray(0, 16), number)), 16);
  return bytes;
}

/** Fills empty heads from the snapshot; answers what it covers, or why there is none to use (heads may then be partly filled: make new ones). */
export async function loadSnapshot(directory: string, heads: StreamHeads): Promise<SnapshotCoverage | string> {
  const path = join(directory, SNAPSHOT_NAME);
  let fd: number;
  try {
    fd = await openFile(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'there is no snapshot';
    throw error;
  }
  try {
    return await load(new SnapshotFile(fd, (await stat(path)).size), heads);
  } finally {
    await closeFile(fd);
  }
}

/** Reads a file from front to back in big reads. */
class SnapshotFile {
  private buffer = Buffer.alloc(0);
  private at = 0;
  private offset = 0;

  constructor(
    private readonly fd: number,
    private remaining: number,
  ) {}

  /** The next bytes, valid until the next call; undefined if the file does not have so many, which is known before memory is taken. */
  async take(length: number): Promise<Buffer | undefined> {
    const left = this.buffer.length - this.at;
    if (length > left) {
      if (length > left + this.remaining) return undefined;
      const more = Math.min(this.remaining, Math.max(READ_BYTES, length - left));
      const larger = Buffer.allocUnsafe(left + more);
      this.buffer.copy(larger, 0, this.at);
      if ((await readFully(this.fd, larger, left, more, this.offset)) < more) return undefined;
      this.offset += more;
      this.remaining -= more;
      this.buffer = larger;
      this.at = 0;
    }
    this.at += length;
    return this.buffer.subarray(this.at - length, this.at);
  }
}

async function load(file: SnapshotFile, heads: StreamHeads): Promise<SnapshotCoverage | string> {
  const bytes = await file.take(HEADER_BYTES);
  if (!bytes?.subarray(0, 8).equals(MAGIC)) return 'the snapshot is cut short or is none';
  if (bytes.readUInt32LE(44) !== crc32(bytes.subarray(0, 44))) return 'the header of the snapshot does not match its checksum';
  const [a, b] = heads.fingerprint();
  const known = bytes.readUInt32LE(8) === FORMAT_VERSION && bytes.readUInt32LE(12) === a && bytes.readUInt32LE(16) === b;
  if (!known || bytes.readUInt32LE(20) !== SHARDS) return 'the snapshot was made by another release';
  const coverage = { covered: bytes.readDoubleLE(24), lastPosition: bytes.readDoubleLE(32), shards: new Float64Array(SHARDS) };
  for (let number = 0; number < SHARDS; number++) {
    const exactTo = await loadShard(file, heads, number);
    if (exactTo === undefined) return `part ${number} of the snapshot does not match its checksum`;
    coverage.shards[number] = exactTo;
  }
  return coverage;
}

/** Answers the offset up to which the shard is exact; undefined if it is damaged. */
async function loadShard(file: SnapshotFile, heads: StreamHeads, number: number): Promise<number | undefined> {
  const taken = await file.take(SHARD_HEADER_BYTES);
  if (!taken) return undefined;
  const head = Buffer.from(taken);
  const capacity = head.readUInt32LE(0);
  const bytes = capacity > 0 ? await file.take(capacity * SLOT_BYTES) : undefined;
  if (!bytes || head.readUInt32LE(16) !== crc32(bytes, crc32(head.subarray(0, 16), number))) return undefined;
  // Copies, for they outlive the buffer and must be aligned.
  const part = (from: number, to: number) => new Uint8Array(bytes.subarray(from * capacity, to * capacity)).buffer;
  heads.shards[number] = {
    count: head.readUInt32LE(4),
    low: new Uint32Array(part(0, 4)),
    high: new Uint32Array(part(4, 8)),
    head: new Float64Array(part(8, 16)),
  };
  return head.readDoubleLE(8);
}
