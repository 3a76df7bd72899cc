import { LogDamaged, RecordUnreadable } from './log-damaged';
import { headerProblem, isIntact, recordBytes, SEGMENT_HEADER_BYTES } from './record-format';
import type { Segment, Segments } from './segments';

const CHUNK_BYTES = 1024 * 1024;
const LENGTH_BYTES = 8;

/**
 * Goes through the log from one offset on in big reads, record by record, checksums checked:
 *
 *     while (await cursor.load(end)) while (cursor.next()) use(cursor.buffer, cursor.at, cursor.bytes, cursor.position);
 *
 * Throws LogDamaged where a record is not what was written, whatever comes behind it.
 */
export class RecordCursor {
  buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  /** The current record: where it is in the buffer, its length, its offset in the log. */
  at = 0;
  bytes = 0;
  position = 0;
  /** Offset of the next record. */
  offset: number;
  private segment: Segment;
  private filledFrom = 0;
  private filledTo = 0;

  /** Starts at `offset`: a record's, or a segment's first byte. */
  constructor(
    private readonly segments: Segments,
    offset: number,
  ) {
    this.offset = offset;
    this.segment = segments.at(offset);
  }

  /** Loads records that lie before `end`, a boundary of appends; answers false when there are none left. */
  async load(end: number): Promise<boolean> {
    for (;;) {
      if (this.offset >= end) return false;
      const segmentEnd = this.segment.base + this.segment.size;
      if (this.offset >= segmentEnd) {
        const following = this.segments.after(this.segment);
        if (!following) return false;
        this.segment = following;
        this.offset = following.base;
        this.filledFrom = this.filledTo = 0;
        continue;
      }
      if (this.offset === this.segment.base) {
        await this.checkHeader();
        continue;
      }
      await this.fill(Math.min(end, segmentEnd));
      return true;
    }
  }

  /** Moves to the next record that is loaded; answers false when another load is due. */
  next(): boolean {
    const loaded = this.filledTo - this.filledFrom;
    if (loaded < LENGTH_BYTES) return false;
    const bytes = recordBytes(this.buffer, this.filledFrom);
    if (bytes === undefined) throw this.unreadable('a record has an impossible length');
    if (bytes > loaded) return false;
    if (!isIntact(this.buffer, this.filledFrom, bytes, this.offset)) throw this.unreadable('a record does not match its checksum');
    this.at = this.filledFrom;
    this.bytes = bytes;
    this.position = this.offset;
    this.filledFrom += bytes;
    this.offset += bytes;
    return true;
  }

  /** The error that says the log is damaged at an offset in the segment being read; the current record's if none is given. */
  damaged(reason: string, offset = this.position): LogDamaged {
    return new LogDamaged(this.segment.path, offset - this.segment.base, reason);
  }

  private unreadable(reason: string): RecordUnreadable {
    return new RecordUnreadable(this.segment.path, this.offset - this.segment.base, reason);
  }

  private async checkHeader(): Promise<void> {
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
    const bytes = await this.segments.read(this.segment, header, 0, SEGMENT_HEADER_BYTES, this.segment.base);
    const problem = headerProblem(header.subarray(0, bytes), this.segment.base);
    if (problem) throw this.damaged(problem, this.segment.base);
    this.offset += SEGMENT_HEADER_BYTES;
  }

  /** Makes at least one whole record available, keeping the part of one that is left over. */
  private async fill(end: number): Promise<void> {
    this.buffer.copyWithin(0, this.filledFrom, this.filledTo);
    this.filledTo -= this.filledFrom;
    this.filledFrom = 0;
    await this.readMore(end);
    if (this.filledTo < LENGTH_BYTES) throw this.unreadable('a record is cut short');
    const bytes = recordBytes(this.buffer, 0);
    if (bytes === undefined) throw this.unreadable('a record has an impossible length');
    if (this.offset + bytes > end) throw this.unreadable('a record is cut short');
    if (bytes > this.buffer.length) {
      const larger = Buffer.allocUnsafe(bytes);
      this.buffer.copy(larger, 0, 0, this.filledTo);
      this.buffer = larger;
    }
    if (bytes > this.filledTo) await this.readMore(end);
    if (bytes > this.filledTo) throw this.unreadable('a record is cut short');
  }

  private async readMore(end: number): Promise<void> {
    const wanted = Math.min(this.buffer.length - this.filledTo, end - this.offset - this.filledTo);
    if (wanted <= 0) return;
    this.filledTo += await this.segments.read(this.segment, this.buffer, this.filledTo, wanted, this.offset + this.filledTo);
  }
}
