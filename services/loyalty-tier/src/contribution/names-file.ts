import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { basename } from 'node:path';
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { LedgerDamaged } from './damaged';
import { NAME_BYTES_MAX, Names, type Dictionary, type NamesHandle } from './dictionary';
import { writeDurably } from './durable-file';

/** How much of a dictionary's file counts. */
export interface NamesFile {
  readonly bytes: number;
  readonly names: number;
}

/** Bytes before each chunk: its length, how many names, and the checksum over both and the content. */
const LEAD_BYTES = 12;

/** Names to append to a file. */
export interface AppendNamesTask {
  readonly path: string;
  readonly names: NamesHandle;
  readonly file: NamesFile;
}

/** Appends the names that the file does not hold yet as one chunk and waits until it is on the disk. */
export function appendNames({ path, names, file }: AppendNamesTask): NamesFile {
  const count = names.size - file.names;
  if (count === 0) return file;
  const reader = new Names(names);
  const texts: Buffer[] = [];
  for (let number = file.names; number < names.size; number++) {
    const text = Buffer.from(reader.name(number), 'utf8');
    const length = Buffer.alloc(2);
    length.writeUInt16LE(text.length);
    texts.push(length, text);
  }
  const content = deflateRawSync(Buffer.concat(texts));
  const chunk = Buffer.concat([Buffer.alloc(LEAD_BYTES), content]);
  chunk.writeUInt32LE(content.length, 0);
  chunk.writeUInt32LE(count, 4);
  chunk.writeUInt32LE(checksum(chunk), 8);
  writeDurably(path, chunk, file.bytes, existsSync(path) ? 'r+' : 'w');
  return { bytes: file.bytes + chunk.length, names: names.size };
}

function checksum(chunk: Buffer): number {
  return crc32(chunk.subarray(LEAD_BYTES), crc32(chunk.subarray(0, 8)));
}

/** Reads the part of a file that counts into an empty dictionary and cuts off what follows. Throws LedgerDamaged. */
export function readNames(path: string, file: NamesFile, into: Dictionary): void {
  if (file.names === 0) return;
  try {
    const content = readFileSync(path);
    if (content.length < file.bytes) throw new RangeError(`${content.length} bytes where ${file.bytes} were written`);
    for (let at = 0; at < file.bytes;) {
      const chunk = content.subarray(at, at + LEAD_BYTES + content.readUInt32LE(at));
      if (chunk.readUInt32LE(8) !== checksum(chunk)) throw new RangeError('its checksum differs');
      readChunk(chunk, into);
      at += chunk.length;
    }
    if (into.size !== file.names) throw new RangeError(`${into.size} names where ${file.names} were written`);
    if (content.length > file.bytes) truncateSync(path, file.bytes);
  } catch (cause) {
    throw new LedgerDamaged(basename(path), cause instanceof Error ? cause.message : 'it cannot be read', { cause });
  }
}

function readChunk(chunk: Buffer, into: Dictionary): void {
  const count = chunk.readUInt32LE(4);
  const texts = inflateRawSync(chunk.subarray(LEAD_BYTES), { maxOutputLength: count * (NAME_BYTES_MAX + 2) });
  for (let i = 0, at = 0; i < count; i++) {
    const length = texts.readUInt16LE(at);
    into.intern(texts.toString('utf8', at + 2, at + 2 + length));
    at += 2 + length;
  }
}
