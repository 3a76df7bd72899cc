import type { FindOptions } from '@regulars/ports';
import { checkKey } from './names';
import { type FieldValue, isFieldValue } from './stored-form';

const PAGE_DEFAULT = 100;
const PAGE_MAX = 1_000;

/** The filters of a look-up, checked. */
export interface Conditions {
  readonly equals: readonly (readonly [field: string, value: FieldValue])[];
  /** Inclusive; both bounds of one range are of one type. */
  readonly ranges: readonly { readonly field: string; readonly from?: FieldValue | undefined; readonly to?: FieldValue | undefined }[];
}

/** A look-up, checked. */
export interface Query extends Conditions {
  /** Field to order by; by id when absent. */
  readonly orderBy?: string | undefined;
  readonly descending: boolean;
  /** Documents wanted, one more than the page to see whether there is another. */
  readonly documentsMax: number;
  /** Where the page before ended; `value` is null where that document lacks the field. */
  readonly after?: { readonly value: FieldValue | null; readonly id: string } | undefined;
}

function checkValue(field: string, value: unknown): asserts value is FieldValue {
  if (!isFieldValue(value)) throw new TypeError(`"${field}" is looked up by text or a finite number only`);
}

function checkIndexed(field: string, indexes: ReadonlySet<string>): void {
  if (!indexes.has(field)) throw new TypeError(`"${field}" is not an index of this collection`);
}

/** Checks `where` and `range` against the declared indexes. Throws TypeError on anything else. */
export function toConditions({ where, range }: Pick<FindOptions, 'where' | 'range'>, indexes: ReadonlySet<string>): Conditions {
  const equals = Object.entries(where ?? {}).map(([field, value]) => {
    checkIndexed(field, indexes);
    checkValue(field, value);
    return [field, value] as const;
  });
  const ranges = Object.entries(range ?? {}).map(([field, { from, to }]) => {
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
  return { ...toConditions(options, indexes), orderBy, descending, documentsMax: limit + 1, after };
}

/** The cursor of a page: its order, and the order value and id of its last document, as base64url of JSON. */
export function cursorAfter(id: string, document: Readonly<Record<string, unknown>>, { orderBy, descending }: Query): string {
  const value = orderBy !== undefined && Object.hasOwn(document, orderBy) ? document[orderBy] : null;
  return Buffer.from(JSON.stringify([orderBy ?? null, descending, isFieldValue(value) ? value : null, id])).toString('base64url');
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
  if (value !== null && !isFieldValue(value)) throw bad;
  if (orderBy === undefined && value !== null) throw bad;
  checkKey('id in the cursor', id);
  return { value, id };
}
