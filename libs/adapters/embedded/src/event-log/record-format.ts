import { crc32 } from 'node:zlib';
import type { Position } from '@regulars/kernel';

/*
 * A segment is a header and then records, one an event, little-endian:
 *
 *   0  u32  bytes of the body (all after the checksum)
 *   4  u32  CRC-32 of the body, started with the low 32 bits of the position, so that a record is only valid in its place
 *   8  u8   flags: first and last event of an append
 *   9  u8   0
 *  10  u16  bytes of the stream id
 *  12  u32  revision
 *  16  u32  bytes from the start of the write that this record was a part of
 *  20  u64  position of the stream's event before, 0 if none
 *  28  f64  recorded at, milliseconds since 1970
 *  36       stream id, UTF-8; then the rest of the event as JSON, UTF-8
 *
 * The position of an event is the offset of its record over all segments, as if they were one file.
 */
export const SEGMENT_HEADER_BYTES = 32;
export const RECORD_HEAD_BYTES = 36;
const CHECKSUMMED_FROM = 8;
const FORMAT_VERSION = 1;
const MAGIC = Buffer.from('RGLRSLOG', 'latin1');
const TWO_32 = 0x1_0000_0000;

/** Largest record the log takes or believes. */
export const RECORD_BYTES_MAX = 16 * 1024 * 1024;
/** Longest stream id, in bytes of UTF-8. */
export const STREAM_ID_BYTES_MAX = 1024;

export const FIRST_OF_APPEND = 1;
export const LAST_OF_APPEND = 2;

const POSITION_DIGITS = 16;
const ZEROS = Array.from({ length: POSITION_DIGITS + 1 }, (_, digits) => '0'.repeat(POSITION_DIGITS - digits));

/** The port's form of a byte offset: fixed width, so that positions compare as strings. */
export function toPosition(offset: number): Position {
  const digits = String(offset);
  return (ZEROS[digits.length] as string) + digits;
}

/** The byte offset that a position stands for. Throws RangeError on a string that no log of this kind has made. */
export function toOffset(position: Position): number {
  if (!/^\d{16}$/.test(position)) throw new RangeError(`"${position}" is no position of an embedded event log`);
  return Number(position);
}

/** The header of the segment whose first byte has this offset. */
export function segmentHeader(base: number): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(FORMAT_VERSION, 8);
  header.writeBigUInt64LE(BigInt(base), 16);
  header.writeUInt32LE(crc32(header.subarray(16)), 12);
  return header;
}

/** What is wrong with a segment's header; undefined if nothing is. */
export function headerProblem(header: Buffer, base: number): string | undefined {
  if (header.length < SEGMENT_HEADER_BYTES) return 'the header is cut short';
  if (!header.subarray(0, 8).equals(MAGIC)) return 'this is no segment of an event log';
  const version = header.readUInt32LE(8);
  if (version !== FORMAT_VERSION) return `format version ${version} is not known to this release (it knows ${FORMAT_VERSION})`;
  return header.equals(segmentHeader(base)) ? undefined : 'the header does not match the name of the file';
}

/** What a record says beside its JSON. */
export interface RecordFields {
  readonly flags: number;
  readonly revision: number;
  /** Bytes from the start of its write. */
  readonly writeOffset: number;
  /** Offset of the stream's event before; 0 if none. */
  readonly previous: number;
  readonly recordedAtMs: number;
}

/** Upper bound of the bytes a record can take: a UTF-16 unit is three bytes at most. */
export function recordBytesBound(streamId: string, json: string): number {
  return RECORD_HEAD_BYTES + 3 * (streamId.length + json.length);
}

/** Writes a record for offset `position` at `at` into a buffer with room enough; answers where it ends. */
export function encodeRecord(buffer: Buffer, at: number, position: number, fields: RecordFields, streamId: string, json: string): number {
  const streamBytes = buffer.write(streamId, at + RECORD_HEAD_BYTES, 'utf8');
  const end = at + RECORD_HEAD_BYTES + streamBytes + buffer.write(json, at + RECORD_HEAD_BYTES + streamBytes, 'utf8');
  buffer[at + 8] = fields.flags;
  buffer[at + 9] = 0;
  buffer.writeUInt16LE(streamBytes, at + 10);
  buffer.writeUInt32LE(fields.revision, at + 12);
  buffer.writeUInt32LE(fields.writeOffset, at + 16);
  buffer.writeUInt32LE(fields.previous % TWO_32, at + 20);
  buffer.writeUInt32LE(Math.floor(fields.previous / TWO_32), at + 24);
  buffer.writeDoubleLE(fields.recordedAtMs, at + 28);
  buffer.writeUInt32LE(end - at - CHECKSUMMED_FROM, at);
  buffer.writeUInt32LE(crc32(buffer.subarray(at + CHECKSUMMED_FROM, end), position % TWO_32), at + 4);
  return end;
}

/** Bytes of the whole record at `at`, from its length field (8 bytes must be there); undefined if no record can be that long. */
export function recordBytes(buffer: Buffer, at: number): number | undefined {
  const bytes = buffer.readUInt32LE(at) + CHECKSUMMED_FROM;
  return bytes > RECORD_HEAD_BYTES && bytes <= RECORD_BYTES_MAX ? bytes : undefined;
}

/** Whether the record of `bytes` at `at`, wholly in the buffer, is what was written at offset `position`. */
export function isIntact(buffer: Buffer, at: number, bytes: number, position: number): boolean {
  return buffer.readUInt32LE(at + 4) === crc32(buffer.subarray(at + CHECKSUMMED_FROM, at + bytes), position % TWO_32);
}

export function flagsOf(buffer: Buffer, at: number): number {
  return buffer[at + 8] as number;
}

export function revisionOf(buffer: Buffer, at: number): number {
  return buffer.readUInt32LE(at + 12);
}

/** Bytes from the start of the write that brought this record. */
export function writeOffsetOf(buffer: Buffer, at: number): number {
  return buffer.readUInt32LE(at + 16);
}

/** Offset of the stream's event before; 0 if there is none. */
export function previousOf(buffer: Buffer, at: number): number {
  return buffer.readUInt32LE(at + 20) + buffer.readUInt32LE(at + 24) * TWO_32;
}

export function recordedAtMsOf(buffer: Buffer, at: number): number {
  return buffer.readDoubleLE(at + 28);
}

export function streamIdOf(buffer: Buffer, at: number): string {
  return buffer.toString('utf8', at + RECORD_HEAD_BYTES, at + RECORD_HEAD_BYTES + buffer.readUInt16LE(at + 10));
}

/** The JSON text of the event's other members. */
export function jsonOf(buffer: Buffer, at: number, bytes: number): string {
  return buffer.toString('utf8', at + RECORD_HEAD_BYTES + buffer.readUInt16LE(at + 10), at + bytes);
}
