import type { Position, StoredEvent } from '@regulars/kernel';
import type { ReadStreamOptions } from '@regulars/ports';
import { decodeEvent } from './event-codec';
import { LogDamaged } from './log-damaged';
import type { LocatedEvent, RecentEvents } from './recent-events';
import { RecordCursor } from './record-cursor';
import { isIntact, previousOf, recordBytes, toOffset } from './record-format';
import type { Segments } from './segments';
import type { StreamHeads } from './stream-heads';

/** Enough for most receipts in one read. */
const FIRST_READ_BYTES = 4096;

/** Finds single events and goes back along a stream, from memory where it is there, else from the files. */
export class StreamReader {
  constructor(
    private readonly segments: Segments,
    private readonly heads: StreamHeads,
    private readonly recent: RecentEvents,
  ) {}

  /** The last durable event of a stream; undefined if it has none. */
  async head(streamId: string): Promise<LocatedEvent | undefined> {
    for (const offset of this.heads.candidates(streamId)) {
      const located = await this.at(offset);
      if (located.event.streamId === streamId) return located;
    }
    return undefined;
  }

  /** Whether a stream can be there at all; false is certain. */
  mayExist(streamId: string): boolean {
    return this.heads.candidates(streamId).length > 0;
  }

  /** The event whose record is at this offset. Throws LogDamaged where there is none. */
  async at(offset: number): Promise<LocatedEvent> {
    const recent = this.recent.at(offset);
    if (recent) return recent;
    const { buffer, bytes } = await this.record(offset);
    return { event: decodeEvent(buffer, 0, bytes, offset), offset, previous: previousOf(buffer, 0), bytes };
  }

  /** Bytes of the record at this offset, after checking it. Throws LogDamaged where there is none. */
  async record(offset: number): Promise<{ readonly buffer: Buffer; readonly bytes: number }> {
    const segment = this.segments.at(offset);
    const damaged = (reason: string) => new LogDamaged(segment.path, offset - segment.base, reason);
    let buffer = Buffer.allocUnsafe(FIRST_READ_BYTES);
    let read = await this.segments.read(segment, buffer, 0, FIRST_READ_BYTES, offset);
    if (read < 8) throw damaged('a record is cut short');
    const bytes = recordBytes(buffer, 0);
    if (bytes === undefined) throw damaged('a record has an impossible length');
    if (bytes > read) {
      const whole = Buffer.allocUnsafe(bytes);
      buffer.copy(whole, 0, 0, read);
      read += await this.segments.read(segment, whole, read, bytes - read, offset + read);
      buffer = whole;
    }
    if (bytes > read) throw damaged('a record is cut short');
    if (!isIntact(buffer, 0, bytes, offset)) throw damaged('a record does not match its checksum');
    return { buffer, bytes };
  }

  /** Reads a stream as the port says. */
  async read(streamId: string, options: ReadStreamOptions = {}): Promise<StoredEvent[]> {
    const { direction = 'forwards', limit = Number.POSITIVE_INFINITY } = options;
    if (!(limit >= 0)) throw new RangeError(`The limit of a read must not be negative: ${limit}`);
    const events: StoredEvent[] = [];
    let located = limit > 0 ? await this.head(streamId) : undefined;
    while (located) {
      if (direction === 'backwards' || located.event.revision < limit) events.push(located.event);
      if (located.previous === 0 || (direction === 'backwards' && events.length >= limit)) break;
      located = await this.before(located);
    }
    return direction === 'backwards' ? events : events.reverse();
  }

  /** The stream's event before this one, which must have one. Throws LogDamaged where the chain is broken. */
  async before(located: LocatedEvent): Promise<LocatedEvent> {
    const previous = await this.at(located.previous);
    const { streamId, revision } = located.event;
    if (previous.event.streamId === streamId && previous.event.revision === revision - 1) return previous;
    const segment = this.segments.at(located.offset);
    throw new LogDamaged(
      segment.path,
      located.offset - segment.base,
      'the event before this one in its stream is not where the record says',
    );
  }

  /** A cursor at the first record behind a position. Throws RangeError where a log that ends with the event at `last` has no such position. */
  async cursorAfter(position: Position | undefined, last: number): Promise<RecordCursor> {
    if (position === undefined) return new RecordCursor(this.segments, 0);
    const offset = toOffset(position);
    if (offset > last) {
      throw new RangeError(
        `The log ends before position ${position}: this position was made by another log, or by a newer state of this one`,
      );
    }
    try {
      const { bytes } = await this.record(offset);
      return new RecordCursor(this.segments, offset + bytes);
    } catch (error) {
      if (error instanceof LogDamaged) throw new RangeError(`There is no event at position ${position} of this log`, { cause: error });
      throw error;
    }
  }
}
