import { isUtf8 } from 'node:buffer';
import { CliError, exitCodes } from '../../failure';
import { openBytes, type ByteSource } from './byte-chunks';
import {
  countLines,
  firstRecord,
  MAX_RECORD_CHARS,
  NEVER_CLOSED,
  parseCarefully,
  parseRecords,
  RecordBlock,
  type CsvFormat,
} from './record-block';

/** What a mapping says about the file's form. */
export interface CsvDialect {
  readonly delimiter: string;
  readonly quote: string;
  readonly header: boolean;
  readonly columnNames?: readonly string[] | undefined;
}

const LF = 0x0a;
const CR = 0x0d;
/** A line without end is cut here and counts as flawed: memory stays bounded whatever the file holds. */
const MAX_LINE_BYTES = 1024 * 1024;

/** Reads a CSV file of any length as blocks of records, in bounded memory. */
export class CsvReader {
  /** Names of the columns; known once the first block is out. */
  columns: readonly string[] | undefined;
  private format: CsvFormat | undefined;
  /** Text of a record that goes on in bytes to come. */
  private open = '';
  /** Where lines that are no UTF-8 begin in it. */
  private openBad: number[] = [];
  private headerEnd = 0;
  private line = 1;

  private constructor(
    private readonly source: ByteSource,
    private readonly dialect: CsvDialect,
    private readonly file: string,
  ) {}

  static async open(file: string, dialect: CsvDialect): Promise<CsvReader> {
    return new CsvReader(await openBytes(file), dialect, file);
  }

  /** Bytes read from the disk so far. */
  bytesRead(): number {
    return this.source.bytesRead();
  }

  /** All records after the header. Throws CliError where the file has no readable header or is damaged. */
  async *blocks(): AsyncGenerator<RecordBlock> {
    let rest: Buffer = Buffer.alloc(0);
    let lineEnd = LF;
    let first = true;
    for await (const chunk of this.source.chunks) {
      let bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      if (first) {
        if (bytes.length < 3) {
          rest = bytes;
          continue;
        }
        first = false;
        if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
        if (!bytes.includes(LF) && bytes.includes(CR)) lineEnd = CR;
      }
      const end = bytes.lastIndexOf(lineEnd) + 1;
      rest = bytes.subarray(end);
      if (rest.length > MAX_LINE_BYTES) {
        throw new CliError(exitCodes.failed, 'A line is longer than 1 MiB', `${this.file}, near line ${this.line}`, {
          whatToDo: 'Check that this is a CSV file with one record a line.',
        });
      }
      if (end > 0) yield* this.parsed(bytes.subarray(0, end), lineEnd);
    }
    if (rest.length > 0) yield* this.parsed(Buffer.concat([rest, Buffer.from(this.format?.newline ?? '\n')]), lineEnd);
    if (this.open) yield* this.unclosed();
    if (!this.columns) throw new CliError(exitCodes.failed, 'The file is empty', this.file, { whatToDo: 'Check the path.' });
  }

  private *parsed(bytes: Buffer, lineEnd: number): Generator<RecordBlock> {
    const { text: added, bad } = decode(bytes, lineEnd);
    let text = this.open + added;
    for (const at of bad) this.openBad.push(at + this.open.length);
    const format = this.format ?? this.begin(text);
    if (this.headerEnd > 0) {
      text = text.slice(this.headerEnd);
      this.openBad = this.openBad.filter((at) => at >= this.headerEnd).map((at) => at - this.headerEnd);
      this.headerEnd = 0;
    }
    yield* this.block(text, format);
  }

  private *block(text: string, format: CsvFormat, careful = false): Generator<RecordBlock> {
    const bad = this.openBad;
    const isBad = (start: number, end: number) => bad.some((at) => at >= start && at < end);
    const parsed = careful || bad.length > 0 ? parseCarefully(text, format, isBad) : parseRecords(text, format);
    const whole = text.slice(0, parsed.consumed);
    this.open = text.slice(parsed.consumed);
    this.openBad = bad.filter((at) => at >= parsed.consumed).map((at) => at - parsed.consumed);
    const firstLine = this.line;
    this.line += whole.includes(format.quote) ? countLines(whole, format.newline) : parsed.records.length;
    if (parsed.records.length > 0) yield new RecordBlock(parsed.records, parsed.flaws, whole, firstLine, format, parsed.offsets);
    if (this.open.length > MAX_RECORD_CHARS) yield* this.block(this.open, format, true);
  }

  /** At the end of the file an open quote will never be closed: its first line is flawed, the others are read again. */
  private *unclosed(): Generator<RecordBlock> {
    while (this.open && this.format) {
      const { newline, delimiter } = this.format;
      const end = this.open.indexOf(newline) + newline.length;
      const line = this.open.slice(0, end);
      const rest = this.open.slice(end);
      this.open = '';
      this.openBad = [];
      yield new RecordBlock([line.split(delimiter)], new Map([[0, NEVER_CLOSED]]), line, this.line++, this.format, [0]);
      if (rest) yield* this.block(rest, this.format, true);
    }
  }

  /** Learns newline and columns from the first text; `headerEnd` tells where the records begin. */
  private begin(text: string): CsvFormat {
    const newline = /\r\n|\n|\r/.exec(text)?.[0] as CsvFormat['newline'];
    const { delimiter, quote, header, columnNames } = this.dialect;
    const probe = firstRecord(text, { delimiter, quote, newline });
    if (!probe)
      throw new CliError(exitCodes.failed, 'The header cannot be read', this.file, {
        whatToDo: 'Check delimiter and quote in the mapping.',
      });
    this.columns = (header ? probe.record : (columnNames ?? [])).map((name) => name.trim());
    if (header) {
      this.headerEnd = probe.end;
      this.line += countLines(text.slice(0, probe.end), newline);
    }
    this.format = { delimiter, quote, newline, fields: this.columns.length };
    return this.format;
  }
}

/** Bytes as text; `bad` lists where lines begin (as places in the text) that are not valid UTF-8. */
function decode(bytes: Buffer, lineEnd: number): { text: string; bad: number[] } {
  if (isUtf8(bytes)) return { text: bytes.toString('utf8'), bad: [] };
  const bad: number[] = [];
  let text = '';
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(lineEnd, start) + 1 || bytes.length;
    const line = bytes.subarray(start, end);
    if (!isUtf8(line)) bad.push(text.length);
    text += line.toString('utf8');
    start = end;
  }
  return { text, bad };
}
