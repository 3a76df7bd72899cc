import type { Position } from '@regulars/kernel';

/** A place in `$all`, as the server counts it: log positions of the commit and of the event itself. */
export interface LogPosition {
  readonly commit: bigint;
  readonly prepare: bigint;
}

/** Decimal digits of the greatest unsigned 64-bit number. */
const DIGITS = 20;
/** What the server sends for "no position": servers before 22.10 do so for events of a single stream. */
const NO_POSITION = 0xffff_ffff_ffff_ffffn;
const FORM = /^(\d{20})-(\d{20})$/;

/** Commit and prepare position at a fixed width, so that positions compare byte by byte. */
export function toPosition({ commit, prepare }: LogPosition): Position {
  return `${String(commit).padStart(DIGITS, '0')}-${String(prepare).padStart(DIGITS, '0')}`;
}

/** The server's position again. Throws a RangeError for a position that another kind of store gave. */
export function fromPosition(position: Position): LogPosition {
  const match = FORM.exec(position);
  if (!match) throw new RangeError(`"${position}" is no position of an EventStoreDB; it comes from another event store`);
  return { commit: BigInt(match[1] as string), prepare: BigInt(match[2] as string) };
}

/** Whether the server said where the event lies. */
export function isKnown(position: LogPosition | undefined): position is LogPosition {
  return position !== undefined && position.commit !== NO_POSITION && position.prepare !== NO_POSITION;
}
