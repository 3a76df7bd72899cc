import type { Position } from '@regulars/kernel';

const OFFSET_DIGITS = 16;
const WATERMARK_RANK = '~';
const RANK = /^(\d{3}|~)$/;

/** A place in a relay's order: a log position, and the place among what follows from the event there. A watermark comes last. */
export interface Sequence {
  readonly logPosition: Position;
  /** Three digits, or `~` for a watermark. */
  readonly rank: string;
}

/** What has passed on a source, as far as a relay's repeats and overtaken owners are told by it. */
export interface Passed {
  readonly sequence?: Sequence | undefined;
  /** The highest fencing token seen. */
  readonly epoch?: number | undefined;
}

/** A place on a source, with all that a consumer needs to go on behind it. */
export interface SourcePosition extends Passed {
  readonly offset: number;
}

/** The sequence of a relay's message. Throws RangeError for an ordinal outside 0 to 999. */
export function sequenceOfMessage(logPosition: Position, ordinal: number): Sequence {
  if (!Number.isInteger(ordinal) || ordinal < 0 || ordinal > 999) throw new RangeError(`Ordinal ${ordinal} is not within 0 and 999`);
  return { logPosition, rank: String(ordinal).padStart(3, '0') };
}

/** The sequence of a watermark: behind everything that follows from the event at its position. */
export function sequenceOfWatermark(logPosition: Position): Sequence {
  return { logPosition, rank: WATERMARK_RANK };
}

/** A sequence as text, as header `ce_sequence` carries it. */
export function formatSequence({ logPosition, rank }: Sequence): string {
  return `${logPosition}.${rank}`;
}

/** The sequence a text stands for; undefined where it is none. */
export function parseSequence(text: string): Sequence | undefined {
  const point = text.lastIndexOf('.');
  const rank = text.slice(point + 1);
  return point > 0 && RANK.test(rank) ? { logPosition: text.slice(0, point), rank } : undefined;
}

/** True where `a` comes after `b`. Log positions compare as strings, as their store says. */
export function isAfter(a: Sequence, b: Sequence | undefined): boolean {
  if (b === undefined) return true;
  return a.logPosition === b.logPosition ? a.rank > b.rank : a.logPosition > b.logPosition;
}

/** What has passed, as text: `<sequence>#<epoch>`, either part empty where nothing is known. Also the metadata of a commit. */
export function formatPassed({ sequence, epoch }: Passed): string {
  return `${sequence ? formatSequence(sequence) : ''}#${epoch ?? ''}`;
}

/** Reads what `formatPassed` wrote. Throws RangeError on anything else. */
export function parsePassed(text: string): Passed {
  const split = text.lastIndexOf('#');
  const sequenceText = text.slice(0, Math.max(split, 0));
  const epochText = text.slice(split + 1);
  const sequence = sequenceText === '' ? undefined : parseSequence(sequenceText);
  const epoch = epochText === '' ? undefined : Number(epochText);
  const isSound =
    split >= 0 && (sequenceText === '' || sequence) && (epochText === '' || (/^\d+$/.test(epochText) && Number.isSafeInteger(epoch)));
  if (!isSound) throw new RangeError('Not a position of this bus');
  return { sequence, epoch };
}

/** A position as consumers keep it: `<offset, 16 digits>@<sequence>#<epoch>`. Those of one source compare as strings. */
export function formatPosition(offset: number, passed: Passed): Position {
  return `${String(offset).padStart(OFFSET_DIGITS, '0')}@${formatPassed(passed)}`;
}

/** Reads a position. Throws RangeError where it is none of this bus. */
export function parsePosition(position: Position): SourcePosition {
  const match = /^(\d{16})@(.*)$/s.exec(position);
  const offset = Number(match?.[1]);
  if (!match || !Number.isSafeInteger(offset)) throw new RangeError('Not a position of this bus');
  return { offset, ...parsePassed(match[2] as string) };
}
