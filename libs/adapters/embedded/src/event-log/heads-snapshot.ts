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
const SHARD_HEADER_BYTES = 24;
const SLOT_BYTES = 16;

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
    let at = await append(fd, 0, header(heads, covered, lastPosition));
    for (let shard = 0; shard < SHARDS; shard++) at = await append(fd, at, copyOfShard(heads, shard, durable().end));
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

async function append(fd: number, at: number, bytes: Buffer): Promise<number> {
  await writeFully(fd, bytes, bytes.length, at);
  return at + bytes.length;
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
    return await load(fd, (await stat(path)).size, heads);
  } finally {
    await closeFile(fd);
  }
}

async function load(fd: number, size: number, heads: StreamHeads): Promise<SnapshotCoverage | string> {
  const bytes = Buffer.alloc(HEADER_BYTES);
  const got = await readFully(fd, bytes, 0, HEADER_BYTES, 0);
  if (got < HEADER_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return 'the snapshot is cut short or is none';
  if (bytes.readUInt32LE(44) !== crc32(bytes.subarray(0, 44))) return 'the header of the snapshot does not match its checksum';
  const [a, b] = heads.fingerprint();
  const known = bytes.readUInt32LE(8) === FORMAT_VERSION && bytes.readUInt32LE(12) === a && bytes.readUInt32LE(16) === b;
  if (!known || bytes.readUInt32LE(20) !== SHARDS) return 'the snapshot was made by another release';
  const shards = new Float64Array(SHARDS);
  let at = HEADER_BYTES;
  for (let number = 0; number < SHARDS; number++) {
    const loaded = await loadShard(fd, at, size, heads, number);
    if (!loaded) return `part ${number} of the snapshot does not match its checksum`;
    shards[number] = loaded.exactTo;
    at = loaded.end;
  }
  return { covered: bytes.readDoubleLE(24), lastPosition: bytes.readDoubleLE(32), shards };
}

async function loadShard(
  fd: number,
  at: number,
  size: number,
  heads: StreamHeads,
  number: number,
): Promise<{ exactTo: number; end: number } | undefined> {
  const head = Buffer.alloc(SHARD_HEADER_BYTES);
  if ((await readFully(fd, head, 0, SHARD_HEADER_BYTES, at)) < SHARD_HEADER_BYTES) return undefined;
  const capacity = head.readUInt32LE(0);
  const length = capacity * SLOT_BYTES;
  // Checked before memory is taken for it.
  if (capacity === 0 || at + SHARD_HEADER_BYTES + length > size) return undefined;
  const arrays = new ArrayBuffer(length);
  const bytes = Buffer.from(arrays);
  if ((await readFully(fd, bytes, 0, length, at + SHARD_HEADER_BYTES)) < length) return undefined;
  if (head.readUInt32LE(16) !== crc32(bytes, crc32(head.subarray(0, 16), number))) return undefined;
  heads.shards[number] = {
    count: head.readUInt32LE(4),
    low: new Uint32Array(arrays.slice(0, capacity * 4)),
    high: new Uint32Array(arrays.slice(capacity * 4, capacity * 8)),
    head: new Float64Array(arrays.slice(capacity * 8)),
  };
  return { exactTo: head.readDoubleLE(8), end: at + SHARD_HEADER_BYTES + length };
}
