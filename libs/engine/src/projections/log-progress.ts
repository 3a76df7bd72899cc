import type { Position } from '@regulars/kernel';
import type { DeliveredMessage, Watermark } from '@regulars/ports';
import { type Cursor, LOG_SOURCE, REDRIVEN } from './projection';

/** Where an item stands: its source, and its event's place in the log; no `logPosition` where no log stands behind its source. */
export interface ItemPlace {
  readonly source: string;
  readonly position: Position;
  readonly logPosition?: Position | undefined;
}

/** The place of an event or a message, whose position in its source is given. */
export function placeOf(item: unknown, position: Position): ItemPlace {
  const { source = LOG_SOURCE, logPosition } = item as Partial<DeliveredMessage>;
  return { source, position, logPosition: logPosition ?? (source === LOG_SOURCE ? position : undefined) };
}

/**
 * How far into its publisher's log one version of a projection has got. In the log itself that is its position; on a partition it is the
 * last watermark, since only that tells of what did not come there. It begins anew with the process: after a restart a partition's
 * part is known from its next watermark on.
 */
export class LogProgress {
  private followed: readonly string[] = [LOG_SOURCE];
  private readonly watermarks = new Map<string, Watermark>();
  private readonly furthestOf = new Map<string, Position>();

  /** Sources of which the content had something when this process opened it. */
  private readonly before: readonly string[];

  constructor(private readonly content: { cursor(): Cursor }) {
    const sources = Object.keys(content.cursor()).filter((source) => !source.startsWith(REDRIVEN));
    this.before = sources.filter((source) => source !== LOG_SOURCE);
  }

  /** Says which sources there are to follow now; until then it is the log. */
  follow(sources: readonly string[]): void {
    this.followed = sources;
  }

  /** Everything of the log up to a watermark has been taken in on a source. */
  note(source: string, watermark: Watermark): void {
    this.watermarks.set(source, watermark);
    if (this.unknown().includes(source)) this.bound(source, watermark.logPosition);
  }

  /** Nothing that was taken in from a source lies beyond a position of the log. */
  bound(source: string, logPosition: Position): void {
    if (logPosition > (this.furthestOf.get(source) ?? '')) this.furthestOf.set(source, logPosition);
  }

  /** The log position that every source followed has passed; undefined while one has passed none. */
  passed(): Position | undefined {
    const passed = this.followed.map((source) => this.passedOn(source));
    return passed.reduce(
      (lowest, position) => (lowest === undefined || position === undefined || position < lowest ? position : lowest),
      passed[0],
    );
  }

  /** Whether everything up to a position of the log has been taken in on one source, or on all followed. */
  reached(position: Position, source?: string): boolean {
    return ((source === undefined ? this.passed() : this.passedOn(source)) ?? '') >= position;
  }

  /** Whether each source followed has passed a position, or is one of those told. */
  reachedBut(position: Position, others: ReadonlySet<string>): boolean {
    return this.followed.length > 0 && this.followed.every((source) => others.has(source) || this.reached(position, source));
  }

  /** The lowest log position that nothing taken in lies beyond. */
  furthest(): Position | undefined {
    const all = [this.content.cursor()[LOG_SOURCE] ?? '', ...this.furthestOf.values()];
    return all.reduce((highest, position) => (position > highest ? position : highest)) || undefined;
  }

  /** Sources of which something was taken in, before a restart, without a word on how far into the log that goes. */
  unknown(): readonly string[] {
    return this.before.filter((source) => !this.furthestOf.has(source));
  }

  /** When the log was seen to end where the source furthest behind stands, ISO 8601; undefined while one has had no watermark. */
  observedAt(): string | undefined {
    const times = this.followed.map((source) => this.watermarks.get(source)?.observedAt);
    return times.reduce((oldest, time) => (oldest === undefined || time === undefined || time < oldest ? time : oldest), times[0]);
  }

  private passedOn(source: string): Position | undefined {
    return source === LOG_SOURCE ? this.content.cursor()[LOG_SOURCE] : this.watermarks.get(source)?.logPosition;
  }
}
