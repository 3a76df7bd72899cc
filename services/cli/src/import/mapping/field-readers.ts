import { CliError, exitCodes } from '../../failure';
import type { Row } from './conditions';
import type { Flaw } from './flaw';
import { Memo } from './flaw';
import { transformed } from './id-text';
import type { Source } from './mapping-schema';

/** Reads a field's text from a row; empty where nothing is there. */
export type Read = (row: Row) => string;
/** Reads an id, with its transforms. */
export type ReadId = (row: Row) => string | Flaw;

/** Makes readers of fields from the columns of one file. */
export class FieldReaders {
  private readonly missing = new Set<string>();
  private readonly emptyTexts: ReadonlySet<string>;

  constructor(
    private readonly columns: readonly string[],
    emptyTexts: readonly string[],
  ) {
    this.emptyTexts = new Set(emptyTexts);
  }

  /** Where a column stands. What is not there exactly once is remembered, so that all of it can be named together. */
  readonly place = (column: string): number => {
    const at = this.columns.indexOf(column);
    if (at === -1) this.missing.add(`no column "${column}"`);
    else if (this.columns.includes(column, at + 1)) this.missing.add(`more than one column "${column}"`);
    return at;
  };

  readonly isEmpty = (text: string): boolean => text === '' || this.emptyTexts.has(text);

  text({ columns, join }: Source): Read {
    const places = columns.map(this.place);
    const [only] = places;
    const emptyTexts = this.emptyTexts.size > 0 ? this.emptyTexts : undefined;
    const text = (value: string | undefined) => {
      const trimmed = value === undefined ? '' : withoutEdges(value);
      return emptyTexts?.has(trimmed) ? '' : trimmed;
    };
    if (places.length === 1 && only !== undefined) return (row) => text(row[only]);
    return (row) => {
      const parts = places.map((at) => text(row[at]));
      return parts.every((part) => part === '') ? '' : parts.join(join);
    };
  }

  /** A text from a column, or the same for all lines; undefined where the mapping names neither. */
  textOr(source: Source | undefined, constant?: string): Read | undefined {
    if (source) return this.text(source);
    return constant === undefined ? undefined : () => constant;
  }

  id(source: Source): ReadId {
    const read = this.text(source);
    if (source.transform.length === 0) return read;
    const memo = new Memo((text: string) => transformed(text, source.transform));
    return (row) => memo.of(read(row));
  }

  /** An id from a column, or the same for all lines; undefined where the mapping names neither. */
  idOr(source: Source | undefined, constant?: string): ReadId | undefined {
    return source ? this.id(source) : this.textOr(undefined, constant);
  }

  /** Throws CliError naming every column that was asked for and is not there. */
  requireAll(): void {
    if (this.missing.size === 0) return;
    const fault = `It has ${[...this.missing].join(', ')}. Its columns: ${this.columns.join(', ')}`;
    throw new CliError(exitCodes.failed, 'The mapping does not fit the file', fault, {
      whatToDo: 'Correct `columns` in the mapping, or delimiter and quote where the columns above look glued together.',
    });
  }
}

/** `trim`, at next to no cost for text that has nothing to trim. */
function withoutEdges(text: string): string {
  const { length } = text;
  if (length === 0) return text;
  const [first, last] = [text.charCodeAt(0), text.charCodeAt(length - 1)];
  return first > 32 && first < 128 && last > 32 && last < 128 ? text : text.trim();
}
