import type { FindOptions } from '@regulars/ports';
import type { FieldValue, Filter, Query } from './operations';
import { checkKey } from './names';

const PAGE_DEFAULT = 100;
const PAGE_MAX = 1_000;

function checkValue(field: string, value: unknown): asserts value is FieldValue {
  if (typeof value !== 'string' && !(typeof value === 'number' && Number.isFinite(value))) {
    throw new TypeError(`"${field}" is looked up by text or a finite number only`);
  }
}

function checkIndexed(field: string, indexes: ReadonlySet<string>): void {
  if (!indexes.has(field)) throw new TypeError(`"${field}" is not an index of this collection`);
}

/** Checks `where` and `range` against the declared indexes. Throws TypeError on anything else. */
export function toFilter(options: Pick<FindOptions, 'where' | 'range'>, indexes: ReadonlySet<string>): Filter {
  const equals = Object.entries(options.where ?? {}).map(([field, value]) => {
    checkIndexed(field, indexes);
    checkValue(field, value);
    return [field, value] as const;
  });
  const ranges = Object.entries(options.range ?? {}).map(([field, { from, to }]) => {
    checkIndexed(field, indexes);
    for (const bound of [from, to]) if (bound !== undefined) checkValue(field, bound);
    if (from !== undefined && to !== undefined && typeof from !== typeof to) {
      throw new TypeError(`The bounds of "${field}" must both be text or both be numbers`);
    }
    return { field, from, to };
  });
  return { equals, ranges };
}

/** Checks a look-up and reads its cursor. Throws TypeError on a field that is no index or a bad cursor, RangeError on a bad limit. */
export function toQuery(options: FindOptions, indexes: ReadonlySet<string>): Query {
  const { orderBy, descending = false, limit = PAGE_DEFAULT, cursor } = options;
  if (orderBy !== undefined) checkIndexed(orderBy, indexes);
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX) throw new RangeError(`limit must be an integer from 1 to ${PAGE_MAX}`);
  const after = cursor === undefined ? undefined : readCursor(cursor, orderBy, descending);
  return { ...toFilter(options, indexes), orderBy, descending, rowsMax: limit + 1, after };
}

/** The cursor of a page: the order it belongs to, and the order value and id of its last document, as base64url of JSON. */
export function cursorAfter(id: string, document: Readonly<Record<string, unknown>>, query: Query): string {
  const value = query.orderBy === undefined ? null : orderValue(document, query.orderBy);
  return Buffer.from(JSON.stringify([query.orderBy ?? null, query.descending, value, id])).toString('base64url');
}

/** The value a document is ordered by: its own text or number, or null where it has neither. */
export function orderValue(document: Readonly<Record<string, unknown>>, field: string): FieldValue | null {
  const value = Object.hasOwn(document, field) ? document[field] : undefined;
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

function readCursor(cursor: unknown, orderBy: string | undefined, descending: boolean): NonNullable<Query['after']> {
  const bad = new TypeError('The cursor is not one of a page with the same order');
  if (typeof cursor !== 'string') throw bad;
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.toString('base64url') !== cursor) throw bad;
  let parts: unknown;
  try {
    parts = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw bad;
  }
  if (!Array.isArray(parts) || parts.length !== 4) throw bad;
  const [order, down, value, id] = parts as unknown[];
  if (order !== (orderBy ?? null) || down !== descending) throw bad;
  if (value !== null && typeof value !== 'string' && typeof value !== 'number') throw bad;
  if (orderBy === undefined && value !== null) throw bad;
  checkKey('id in the cursor', id);
  return { value, id };
}
