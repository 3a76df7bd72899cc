import type { FieldValue, Filter, Query } from './operations';

/** Stands for "has no such field" in an index column: below every number, so below every text as well. Never a stored value: JSON has no infinity. */
const ABSENT = -Infinity;

/** The column that keeps an indexed field. Hexadecimal, because SQLite's names know no upper and lower case. */
export function columnOf(field: string): string {
  return `f_${Buffer.from(field, 'utf8').toString('hex')}`;
}

/** The field whose values a column keeps; undefined for the other columns. */
export function fieldOf(column: string): string | undefined {
  return column.startsWith('f_') ? Buffer.from(column.slice(2), 'hex').toString('utf8') : undefined;
}

/**
 * The value an index column holds: numbers as they are, text as its UTF-8 bytes. Bytes sort after numbers and compare byte by byte, and
 * unlike SQLite's own text they may hold NUL. An unpaired surrogate counts as U+FFFD.
 */
export function indexValue(value: FieldValue | null): number | Buffer {
  if (value === null) return ABSENT;
  return typeof value === 'number' ? value : Buffer.from(value, 'utf8');
}

/** A statement with its bound values; text depends on field names only, so it can be prepared once. */
export interface Sql {
  readonly text: string;
  readonly values: readonly (string | number | Buffer)[];
}

/** The condition of a filter. A bound of one type never matches values of the other, nor documents without the field. */
function conditions({ equals, ranges }: Filter): { terms: string[]; values: (string | number | Buffer)[] } {
  const terms: string[] = [];
  const values: (string | number | Buffer)[] = [];
  const add = (term: string, value: string | number | Buffer): void => {
    terms.push(term);
    values.push(value);
  };
  for (const [field, value] of equals) add(`${columnOf(field)} = ?`, indexValue(value));
  for (const { field, from, to } of ranges) {
    const column = columnOf(field);
    const ofText = typeof (from ?? to) === 'string';
    if (from !== undefined) add(`${column} >= ?`, indexValue(from));
    else if (to !== undefined) add(ofText ? `${column} >= ?` : `${column} > ?`, ofText ? indexValue('') : ABSENT);
    if (to !== undefined) add(`${column} <= ?`, indexValue(to));
    else if (from !== undefined && !ofText) add(`${column} < ?`, indexValue(''));
  }
  return { terms, values };
}

const whereOf = (terms: readonly string[]): string => (terms.length ? ` WHERE ${terms.join(' AND ')}` : '');

/** One page in order of (field, id) or of id, going on after a row by its key: cost does not grow with the page's number. */
export function findSql(table: string, query: Query): Sql {
  const { terms, values } = conditions(query);
  const key = query.orderBy === undefined ? ['id'] : [columnOf(query.orderBy), 'id'];
  if (query.after) {
    const { value, id } = query.after;
    terms.push(`(${key.join(', ')}) ${query.descending ? '<' : '>'} (${key.map(() => '?').join(', ')})`);
    if (query.orderBy !== undefined) values.push(indexValue(value));
    values.push(id);
  }
  const order = key.map((column) => `${column} ${query.descending ? 'DESC' : 'ASC'}`).join(', ');
  values.push(query.rowsMax);
  return { text: `SELECT id, position, document FROM ${table}${whereOf(terms)} ORDER BY ${order} LIMIT ?`, values };
}

/** How many documents match. */
export function countSql(table: string, filter: Filter): Sql {
  const { terms, values } = conditions(filter);
  return { text: `SELECT count(*) FROM ${table}${whereOf(terms)}`, values };
}
