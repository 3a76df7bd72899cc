import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { closeFile, openFile, readFully, syncDirectory, syncFile, truncateFile, writeFully } from './files';
import {
  FIRST_OF_APPEND,
  flagsOf,
  isIntact,
  recordBytes,
  RECORD_BYTES_MAX,
  RECORD_HEAD_BYTES,
  toPosition,
  writeOffsetOf,
} from './record-format';
import type { Segment, Segments } from './segments';

const COPY_BYTES = 1024 * 1024;
const SEARCH_BYTES = 1024 * 1024;

/**
 * Looks behind damage at offset `damagedAt` of the last segment for a record that was written after the damaged bytes had become
 * durable; answers its offset. One write may cover many appends, and a power cut may lose any of its blocks: records of the same
 * write as the damaged bytes prove nothing. A record of a later write does, for it was begun after the former was synced.
 */
export async function laterWriteBehind(segments: Segments, segment: Segment, damagedAt: number): Promise<number | undefined> {
  const end = segment.base + segment.size;
  const window = Buffer.allocUnsafe(Math.min(SEARCH_BYTES + RECORD_BYTES_MAX, end - damagedAt));
  for (let from = damagedAt + 1; from + RECORD_HEAD_BYTES < end; from += SEARCH_BYTES) {
    const bytes = await segments.read(segment, window, 0, Math.min(window.length, end - from), from);
    const limit = Math.min(SEARCH_BYTES, bytes - RECORD_HEAD_BYTES);
    for (let at = 0; at < limit; at++) {
      if (window[at + 9] !== 0 || (flagsOf(window, at) & FIRST_OF_APPEND) === 0 || flagsOf(window, at) > 3) continue;
      const length = recordBytes(window, at);
      if (length === undefined || at + length > bytes || !isIntact(window, at, length, from + at)) continue;
      if (from + at - writeOffsetOf(window, at) > damagedAt) return from + at;
    }
  }
  return undefined;
}

/** Cuts a file of the log at `length` bytes, its removed part kept in `<directory>/cut/<position>.bin`; answers that path. Durable when it resolves. */
export async function cutFile(directory: string, path: string, size: number, length: number, position: number): Promise<string> {
  const kept = join(directory, 'cut', `${toPosition(position)}.bin`);
  await mkdir(join(directory, 'cut'), { recursive: true });
  const source = await openFile(path, 'r+');
  try {
    const copy = await openFile(kept, 'w');
    try {
      const buffer = Buffer.allocUnsafe(COPY_BYTES);
      for (let at = length; at < size; at += COPY_BYTES) {
        const bytes = await readFully(source, buffer, 0, Math.min(COPY_BYTES, size - at), at);
        await writeFully(copy, buffer, bytes, at - length);
      }
      await syncFile(copy);
    } finally {
      await closeFile(copy);
    }
    await syncDirectory(join(directory, 'cut'));
    await truncateFile(source, length);
    await syncFile(source);
  } finally {
    await closeFile(source);
  }
  return kept;
}
