import Papa from 'papaparse';

/** How records are told apart. */
export interface CsvFormat {
  readonly delimiter: string;
  readonly quote: string;
  readonly newline: '\n' | '\r\n' | '\r';
  /** Fields of every record. */
  readonly fields: number;
}

/** The flaw of an empty line: nothing is wrong with it, nothing is in it. */
export const EMPTY_LINE = 'empty line';
export const BAD_UTF8 = 'not valid UTF-8';
export const NEVER_CLOSED = 'a quote is opened and never closed';

/** A longer record can only be a quote that was never closed. */
export const MAX_RECORD_CHARS = 64 * 1024;

/** Some records of a file, parsed together. Where each begins is worked out only if somebody asks. */
export class RecordBlock {
  private places: readonly Place[] | undefined;

  constructor(
    /** Fields of each record; of a flawed one whatever could be read. */
    public records: readonly (readonly string[])[],
    /** Why a record cannot be used, by its place in the block. */
    readonly flaws: ReadonlyMap<number, string> | undefined,
    private readonly text: string,
    private readonly firstLine: number,
    private readonly format: CsvFormat,
    private readonly offsets?: readonly number[],
  ) {}

  /** Lets go of the fields, once they are used; the text stays for `raw`. */
  forgetFields(): void {
    this.records = [];
  }

  /** A record as it stands in the file, with the number of its first line (from 1). */
  raw(place: number): { readonly line: number; readonly text: string } {
    this.places ??= this.findPlaces();
    const { offset: start, line } = this.places[place] as Place;
    const text = this.text.slice(start, this.places[place + 1]?.offset ?? this.text.length);
    return { line, text: text.replace(/[\r\n]+$/, '') };
  }

  private findPlaces(): readonly Place[] {
    const offsets = this.offsets ?? parseCarefully(this.text, this.format, () => false).offsets;
    let line = this.firstLine;
    return offsets.map((offset, place) => {
      if (place > 0) line += countLines(this.text.slice(offsets[place - 1], offset), this.format.newline);
      return { offset, line };
    });
  }
}

/** Where a record begins: in its block's text, and as a line of the file. */
interface Place {
  readonly offset: number;
  readonly line: number;
}

/** Newlines in a text. */
export function countLines(text: string, newline: string): number {
  let count = 0;
  for (let at = text.indexOf(newline); at !== -1; at = text.indexOf(newline, at + newline.length)) count++;
  return count;
}

/** What a text gave: its whole records, and where the first incomplete one begins. */
export interface ParsedText {
  readonly records: readonly (readonly string[])[];
  readonly flaws?: ReadonlyMap<number, string>;
  readonly offsets?: readonly number[];
  readonly consumed: number;
}

/** Parses whole records at full speed; where anything is wrong with one of them, all again with care. `text` ends with a newline. */
export function parseRecords(text: string, format: CsvFormat): ParsedText {
  const { data, errors, meta } = new Papa.Parser(papaConfig(format)).parse(text, 0, true) as PapaResult;
  if (errors.length === 0 && data.every((record) => record.length === format.fields)) return { records: data, consumed: meta.cursor };
  return parseCarefully(text, format, () => false);
}

interface PapaResult {
  readonly data: string[][];
  readonly errors: readonly { readonly message: string }[];
  readonly meta: { readonly cursor: number };
}

/** The first record of a text, with the place where it ends; undefined where no record is whole. */
export function firstRecord(text: string, format: Omit<CsvFormat, 'fields'>): { record: readonly string[]; end: number } | undefined {
  const { data, meta } = new Papa.Parser({ ...papaConfig(format), preview: 1, fastMode: false }).parse(text, 0, true) as PapaResult;
  return data[0] && { record: data[0], end: meta.cursor };
}

function papaConfig(format: Omit<CsvFormat, 'fields'>) {
  return { delimiter: format.delimiter, newline: format.newline, quoteChar: format.quote };
}

/**
 * Record by record, knowing where each begins. A stray quote swallows the lines after it until the next quote; so a flawed
 * record of several lines is taken as its first line only, and reading goes on with the line after.
 */
export function parseCarefully(text: string, format: CsvFormat, isBad: (start: number, end: number) => boolean): Required<ParsedText> {
  const found = { records: [] as string[][], flaws: new Map<number, string>(), offsets: [] as number[], consumed: 0 };
  const add = (record: string[], start: number, flaw: string | undefined) => {
    if (flaw !== undefined) found.flaws.set(found.records.length, flaw);
    found.offsets.push(start);
    found.records.push(record);
  };
  for (let again = true; again;) {
    again = false;
    const base = found.consumed;
    const parser = new Papa.Parser({
      ...papaConfig(format),
      step: ({ data, errors, meta }: PapaResult) => {
        const [record = []] = data;
        const start = found.consumed;
        const end = base + meta.cursor;
        const flaw = flawOf(record, errors, format);
        const lineEnd = text.indexOf(format.newline, start) + format.newline.length;
        if (flaw !== undefined && lineEnd < end) {
          add(text.slice(start, lineEnd).split(format.delimiter), start, flaw);
          found.consumed = lineEnd;
          again = true;
          parser.abort();
          return;
        }
        add(record, start, flaw ?? (isBad(start, end) ? BAD_UTF8 : undefined));
        found.consumed = end;
      },
    });
    parser.parse(base === 0 ? text : text.slice(base), 0, true);
    if (!again && text.length - found.consumed > MAX_RECORD_CHARS) {
      const lineEnd = text.indexOf(format.newline, found.consumed) + format.newline.length;
      add(text.slice(found.consumed, lineEnd).split(format.delimiter), found.consumed, NEVER_CLOSED);
      found.consumed = lineEnd;
      again = true;
    }
  }
  return found;
}

function flawOf(record: readonly string[], errors: PapaResult['errors'], format: CsvFormat): string | undefined {
  if (record.length === 1 && record[0] === '' && format.fields > 1) return EMPTY_LINE;
  if (errors.length > 0) return 'a quote stands where none may be';
  if (record.length !== format.fields) return `has ${record.length} fields where ${format.fields} are expected`;
  return undefined;
}
