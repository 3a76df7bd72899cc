import { isUtf8 } from 'node:buffer';
import { parseLine, parseText } from './parse-line';
import type { IntakeItem } from './read-item';

const NEWLINE = 0x0a;

/** Cuts a stream of bytes into NDJSON items; what is kept between two pieces is at most one line. */
export class LineCutter {
  private begun: Buffer[] = [];
  private begunBytes = 0;

  constructor(private readonly lineBytesMax: number) {}

  /** The items whose lines end in this piece. */
  *cut(bytes: Buffer): Generator<IntakeItem> {
    const last = bytes.lastIndexOf(NEWLINE);
    let start = 0;
    if (this.begunBytes > 0 && last !== -1) {
      const first = bytes.indexOf(NEWLINE);
      this.begin(bytes.subarray(0, first));
      yield* this.end();
      start = first + 1;
    }
    if (start < last) yield* this.whole(bytes.subarray(start, last));
    this.begin(bytes.subarray(last + 1));
  }

  /** The line begun, which the end of the stream ends as well. */
  *end(): Generator<IntakeItem> {
    const bytes = this.begunBytes;
    if (bytes === 0) return;
    const line = Buffer.concat(this.begun);
    this.begun = [];
    this.begunBytes = 0;
    if (bytes > this.lineBytesMax) yield this.tooLong(line);
    else if (!isBlank(line)) yield parseLine(line);
  }

  /** Whole lines at once: decoding them together costs a fraction of decoding each, and nearly always all are valid. */
  private *whole(bytes: Buffer): Generator<IntakeItem> {
    if (!isUtf8(bytes)) return yield* this.oneByOne(bytes);
    for (const text of bytes.toString('utf8').split('\n')) {
      // A character has at most three bytes a code unit, so most lines need no counting.
      if (text.length * 3 > this.lineBytesMax && Buffer.byteLength(text) > this.lineBytesMax) yield this.tooLong(Buffer.from(text));
      else if (!/^[ \t\r]*$/.test(text)) yield parseText(text);
    }
  }

  private *oneByOne(bytes: Buffer): Generator<IntakeItem> {
    for (let start = 0; start <= bytes.length;) {
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline === -1 ? bytes.length : newline;
      const line = bytes.subarray(start, end);
      if (line.length > this.lineBytesMax) yield this.tooLong(line);
      else if (!isBlank(line)) yield parseLine(line);
      start = end + 1;
    }
  }

  private begin(bytes: Buffer): void {
    if (bytes.length === 0) return;
    // Beyond the limit only the length is kept, so that an endless line takes no memory.
    if (this.begunBytes <= this.lineBytesMax) this.begun.push(bytes);
    this.begunBytes += bytes.length;
  }

  private tooLong(line: Buffer): IntakeItem {
    const raw = line.toString('utf8', 0, this.lineBytesMax);
    return { value: undefined, malformed: `The line is longer than ${this.lineBytesMax} bytes; its beginning is kept.`, raw: () => raw };
  }
}

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  return true;
}
