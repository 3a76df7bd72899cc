import { rm } from 'node:fs/promises';
import { AppendBoundaries } from './append-scan';
import { closeFile, openFile, readFully, syncDirectory, syncFile } from './files';
import { loadSnapshot, type SnapshotCoverage } from './heads-snapshot';
import { LogDamaged, RecordUnreadable } from './log-damaged';
import { RecordCursor } from './record-cursor';
import { headerProblem, previousOf, SEGMENT_HEADER_BYTES, streamIdOf, toPosition } from './record-format';
import { createSegment, listSegments, Segments } from './segments';
import { StreamHeads } from './stream-heads';
import type { StreamHash } from './stream-hash';
import { cutFile, laterWriteBehind } from './torn-tail';

/** What opening a log found and did. */
export interface Recovery {
  /** Bytes removed from the end: of a write that never was acknowledged. 0 nearly always. */
  readonly cutBytes: number;
  /** Where the cut was made; undefined without one. */
  readonly atPosition?: string;
  /** The file that keeps the removed bytes; undefined without a cut. */
  readonly keptIn?: string;
  /** Bytes of the log that were read again. */
  readonly scannedBytes: number;
  /** Why the snapshot of the heads was not used; undefined where it was, or in a new log. */
  readonly snapshotIgnored?: string;
}

/** An opened log: its files, its heads, its last event's offset (0 if there is none). */
export interface Recovered {
  readonly segments: Segments;
  readonly heads: StreamHeads;
  readonly lastPosition: number;
  /** Offset that the snapshot on disk covers. */
  readonly snapshotCovers: number;
  readonly recovery: Recovery;
}

interface Cut {
  readonly bytes: number;
  readonly position: number;
  readonly keptIn: string;
}

/**
 * Opens the files of a log: reads what the snapshot does not cover and the whole last segment, cuts a torn last write, refuses
 * damage anywhere else with LogDamaged.
 */
export async function recover(directory: string, hash?: StreamHash): Promise<Recovered> {
  const listed = await listSegments(directory);
  const isNew = listed.length === 0;
  let cut = await cutTornHeader(directory, listed);
  if (listed.length === 0) listed.push(await createSegment(directory, 0));
  const segments = new Segments(listed);
  checkContiguous(segments);

  const { heads, coverage, ignored, knownDurable } = await startingHeads(directory, segments.end, hash);
  const scan = new RecoveryScan(segments, heads, coverage);
  const damage = await scan.run();
  if (damage) cut = await cutTail(directory, segments, damage, scan.wholeTo, knownDurable, cut);
  // What an earlier process wrote but did not sync must not be shown before it is durable.
  await syncLast(directory, segments);

  return {
    segments,
    heads,
    lastPosition: scan.lastPosition,
    snapshotCovers: coverage?.covered ?? 0,
    recovery: {
      cutBytes: cut?.bytes ?? 0,
      ...(cut && { atPosition: toPosition(cut.position), keptIn: cut.keptIn }),
      scannedBytes: scan.scannedBytes,
      ...(!isNew && ignored !== undefined && { snapshotIgnored: ignored }),
    },
  };
}

/** A crash while a segment was being created leaves a last file with less than a header, or with zeros in its place. */
async function cutTornHeader(directory: string, listed: Segments['list']): Promise<Cut | undefined> {
  const last = listed[listed.length - 1];
  if (!last || last.size > SEGMENT_HEADER_BYTES) return undefined;
  const header = Buffer.alloc(last.size);
  const fd = await openFile(last.path, 'r');
  try {
    await readFully(fd, header, 0, last.size, 0);
  } finally {
    await closeFile(fd);
  }
  if (headerProblem(header, last.base) === undefined) return undefined;
  const keptIn = await cutFile(directory, last.path, last.size, 0, last.base);
  await rm(last.path);
  await syncDirectory(directory);
  listed.pop();
  return { bytes: last.size, position: last.base, keptIn };
}

function checkContiguous(segments: Segments): void {
  let expected = 0;
  for (const segment of segments.list) {
    if (segment.base !== expected) {
      throw new LogDamaged(
        segment.path,
        0,
        `the log has ${expected} bytes before this file, but its name says ${segment.base}: bytes or files are missing or too many`,
      );
    }
    expected += segment.size;
  }
}

async function startingHeads(directory: string, end: number, hash?: StreamHash) {
  const heads = new StreamHeads(hash);
  const coverage = await loadSnapshot(directory, heads);
  if (typeof coverage === 'string') return { heads: new StreamHeads(hash), ignored: coverage, knownDurable: 0 };
  const knownDurable = coverage.shards.reduce((most, exactTo) => Math.max(most, exactTo), coverage.covered);
  if (knownDurable <= end) return { heads, coverage, knownDurable };
  const ignored = `the snapshot knows the log up to ${toPosition(knownDurable)}, but it ends at ${toPosition(end)}`;
  return { heads: new StreamHeads(hash), ignored, knownDurable };
}

/** Where reading stopped before the end of the log. */
interface Interruption {
  readonly error: LogDamaged;
  /** Offset in the log. */
  readonly offset: number;
}

/** Reads records in order, checks them and moves the heads, an append at a time. */
class RecoveryScan {
  lastPosition: number;
  scannedBytes = 0;
  private readonly boundaries: AppendBoundaries;
  private readonly cursor: RecordCursor;
  private pending: { streamId: string; previous: number; position: number }[] = [];

  constructor(
    private readonly segments: Segments,
    private readonly heads: StreamHeads,
    private readonly coverage: SnapshotCoverage | undefined,
  ) {
    const from = Math.min(coverage?.covered ?? 0, segments.last.base);
    this.boundaries = new AppendBoundaries(from);
    this.cursor = new RecordCursor(segments, from);
    this.lastPosition = coverage?.lastPosition ?? 0;
  }

  /** Offset behind the last whole append. */
  get wholeTo(): number {
    return this.boundaries.wholeTo;
  }

  /** Answers what an interrupted write may have left; undefined if all was whole. Throws LogDamaged on what no interruption leaves. */
  async run(): Promise<Interruption | undefined> {
    const { cursor, segments } = this;
    const from = cursor.offset;
    try {
      while (await cursor.load(segments.end)) {
        while (cursor.next()) this.take();
      }
      return this.boundaries.isOpen ? { error: cursor.damaged('the last append has no end'), offset: cursor.offset } : undefined;
    } catch (error) {
      if (!(error instanceof RecordUnreadable)) throw error;
      return { error, offset: cursor.offset };
    } finally {
      this.scannedBytes = cursor.offset - from;
    }
  }

  private take(): void {
    const { cursor, coverage } = this;
    const isEnd = this.boundaries.take(cursor);
    if (!coverage || cursor.position >= coverage.covered) {
      const streamId = streamIdOf(cursor.buffer, cursor.at);
      this.pending.push({ streamId, previous: previousOf(cursor.buffer, cursor.at), position: cursor.position });
    }
    if (!isEnd) return;
    for (const { streamId, previous, position } of this.pending) {
      if (coverage && position < (coverage.shards[this.heads.shardOf(streamId)] as number)) continue;
      if (this.heads.move(streamId, previous, position) === undefined) {
        throw cursor.damaged('the event before this one in its stream is not where the record says', position);
      }
    }
    this.pending = [];
    this.lastPosition = cursor.position;
  }
}

async function cutTail(
  directory: string,
  segments: Segments,
  damage: Interruption,
  wholeTo: number,
  knownDurable: number,
  earlier: Cut | undefined,
): Promise<Cut> {
  const { last } = segments;
  // Before the whole appends of the last segment lies its header at least.
  const cutAt = Math.max(wholeTo, last.base + SEGMENT_HEADER_BYTES);
  const isTail = wholeTo >= last.base && cutAt >= knownDurable && !earlier;
  if (!isTail || (await laterWriteBehind(segments, last, damage.offset)) !== undefined) throw damage.error;
  const bytes = segments.end - cutAt;
  const keptIn = await cutFile(directory, last.path, last.size, cutAt - last.base, cutAt);
  last.size = cutAt - last.base;
  return { bytes, position: cutAt, keptIn };
}

async function syncLast(directory: string, segments: Segments): Promise<void> {
  const fd = await openFile(segments.last.path, 'r+');
  try {
    await syncFile(fd);
  } finally {
    await closeFile(fd);
  }
  await syncDirectory(directory);
}
