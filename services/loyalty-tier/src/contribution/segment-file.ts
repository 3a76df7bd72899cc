import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Position } from '@regulars/kernel';
import { decodeColumn, encodeColumn, type EncodedColumn } from './column-codec';
import { LedgerDamaged } from './damaged';
import { syncDirectory, writeDurably } from './durable-file';
import { allocateSegment, columnsOf, type Columns, type Segment } from './segment';

const MAGIC = Buffer.from('RGLSEG01', 'latin1');
const CRC_BYTES = 4;

const sums = ['net', 'returned', 'margin', 'marginKnown', 'store', 'category', 'entries', 'visits', 'bought'] as const;

interface Header {
  readonly kind: Segment['kind'];
  readonly unit: number;
  readonly rows: number;
  readonly runs: number;
  /** Up to where each source was inside when it was written. */
  readonly positions: Readonly<Record<string, Position>>;
  readonly columns: readonly { readonly name: string; readonly width: number; readonly bytes: number }[];
}

/** What the manifest remembers of a segment's file. */
export interface SegmentFile {
  readonly id: number;
  readonly bytes: number;
  readonly crc: number;
}

/** Name of a segment's file. */
export const segmentFileName = (id: number): string => `segment-${String(id).padStart(8, '0')}.seg`;

function runLengths({ runStart }: Columns): Uint32Array {
  return Uint32Array.from({ length: runStart.length - 1 }, (_, run) => runStart[run + 1]! - runStart[run]!);
}

/** Each value less the one before it; starts afresh where a run begins. */
function differences(values: Uint16Array | Uint32Array, runStart?: Uint32Array): Int32Array {
  const result = new Int32Array(values.length);
  for (let i = 0, previous = 0; i < values.length; i++) {
    result[i] = values[i]! - previous;
    previous = values[i]!;
  }
  if (runStart) for (let run = 0; run + 1 < runStart.length; run++) result[runStart[run]!] = values[runStart[run]!]!;
  return result;
}

function encode(segment: Segment): (EncodedColumn & { name: string })[] {
  const columns = columnsOf(segment);
  const { rows } = segment;
  const encoded: (EncodedColumn & { name: string })[] = [];
  const add = (name: string, values: Parameters<typeof encodeColumn>[0]): void => void encoded.push({ name, ...encodeColumn(values) });
  if (segment.kind === 'clustered') {
    add('runCustomer', differences(columns.runCustomer));
    add('runLength', runLengths(columns));
    add('day', differences(columns.day.subarray(0, rows), columns.runStart));
  } else {
    add('customer', columns.customer.subarray(0, rows));
    add('day', differences(columns.day.subarray(0, rows)));
  }
  for (const name of sums) add(name, columns[name].subarray(0, rows));
  return encoded;
}

/** What is written to a file. */
export interface WriteSegmentTask {
  readonly path: string;
  readonly segment: Segment;
  readonly positions: Readonly<Record<string, Position>>;
}

/** Writes a segment to its file and waits until it is on the disk. */
export function writeSegment({ path, segment, positions }: WriteSegmentTask): SegmentFile {
  const { id, kind, unit, rows, runs } = segment;
  const columns = encode(segment);
  const header: Header = {
    kind,
    unit,
    rows,
    runs,
    positions,
    columns: columns.map(({ name, width, bytes }) => ({ name, width, bytes: bytes.length })),
  };
  const headerBytes = Buffer.from(JSON.stringify(header), 'utf8');
  const lead = Buffer.alloc(MAGIC.length + 4);
  MAGIC.copy(lead);
  lead.writeUInt32LE(headerBytes.length, MAGIC.length);
  const body = Buffer.concat([lead, headerBytes, ...columns.map(({ bytes }) => bytes)]);
  const crc = crc32(body);
  const trailer = Buffer.alloc(CRC_BYTES);
  trailer.writeUInt32LE(crc);
  writeDurably(path, Buffer.concat([body, trailer]));
  syncDirectory(dirname(path));
  return { id, bytes: body.length + CRC_BYTES, crc };
}

/** What is read from a file. */
export interface ReadSegmentTask {
  readonly path: string;
  readonly file: SegmentFile;
}

/** Reads a segment back. Throws LedgerDamaged where the file is not to the byte what was written. */
export function readSegment({ path, file }: ReadSegmentTask): Segment {
  const name = basename(path);
  try {
    const content = readFileSync(path);
    if (content.length !== file.bytes) throw new RangeError(`${content.length} bytes where ${file.bytes} were written`);
    const body = content.subarray(0, content.length - CRC_BYTES);
    if (crc32(body) !== file.crc || content.readUInt32LE(body.length) !== file.crc) throw new RangeError('its checksum differs');
    if (!body.subarray(0, MAGIC.length).equals(MAGIC)) throw new RangeError('it is of another format');
    return decode(file.id, body);
  } catch (cause) {
    throw new LedgerDamaged(name, cause instanceof Error ? cause.message : 'it cannot be read', { cause });
  }
}

function decode(id: number, body: Buffer): Segment {
  const start = MAGIC.length + 4;
  const end = start + body.readUInt32LE(MAGIC.length);
  const header = JSON.parse(body.toString('utf8', start, end)) as Header;
  const { kind, unit, rows, runs } = header;
  const segment: Segment = { ...allocateSegment(kind, unit, rows, runs), id, rows, runs };
  const columns = columnsOf(segment);
  let at = end;
  for (const { name, width, bytes } of header.columns) {
    const encoded = { width, bytes: body.subarray(at, at + bytes) };
    at += bytes;
    if (name === 'runLength') decodeRunLengths(encoded, columns.runStart);
    else if (name === 'day') decodeDays(encoded, columns);
    else decodeColumn(encoded, columns[name as keyof Columns]);
    if (name === 'runCustomer') accumulate(columns.runCustomer);
  }
  return segment;
}

function accumulate(values: Uint32Array): void {
  for (let i = 1; i < values.length; i++) values[i] = values[i]! + values[i - 1]!;
}

function decodeRunLengths(encoded: EncodedColumn, runStart: Uint32Array): void {
  decodeColumn(encoded, runStart.subarray(1));
  accumulate(runStart);
}

function decodeDays(encoded: EncodedColumn, { day, runStart }: Columns): void {
  const values = new Int32Array(day.length);
  decodeColumn(encoded, values);
  let nextRun = 0;
  for (let i = 0, previous = 0; i < values.length; i++) {
    if (i === runStart[nextRun]) {
      previous = 0;
      nextRun++;
    }
    previous += values[i]!;
    day[i] = previous;
  }
}
