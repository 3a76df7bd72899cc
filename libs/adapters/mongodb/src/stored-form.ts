import type { JsonObject } from '@regulars/kernel';
import type { DocumentWrite, StoredDocument } from '@regulars/ports';
import { BSON } from 'mongodb';
import { checkKey, isField } from './names';

/** A value that a document can be looked up by. */
export type FieldValue = string | number;

/** Anything with a position that must never go back. */
export interface Positioned {
  readonly _id: string;
  /** Position of the source event. */
  readonly p: string;
}

/**
 * A document as it lies in MongoDB. The content is JSON text: it comes back to the byte, whatever its keys are called (`$gt`, `a.b`,
 * `__proto__`), with NUL, halves of surrogate pairs and any depth, none of which BSON keeps; and text is read faster than nested BSON.
 * Beside it lies every top-level text and number that could be an index, declared or not: an index declared later then finds what was written
 * before, also by a process that does not know of it.
 */
export interface StoredForm extends Positioned {
  /** The content as JSON text. */
  readonly d: string;
  /** What it can be looked up by. */
  readonly k: Readonly<Record<string, FieldValue>>;
}

/** The field of a stored document that keeps an indexed field's value. */
export const pathOf = (field: string): string => `k.${field}`;

/** MongoDB takes 16 MiB a document; the rest is for the driver's own. */
const DOCUMENT_BYTES_MAX = 16 * 1024 * 1024 - 16 * 1024;
/** UTF-8 has at most three bytes a UTF-16 unit, and the texts of a document lie there at most twice: shorter ones need no look. */
const SURELY_SMALL = Math.floor(DOCUMENT_BYTES_MAX / 8);

/** Checks a write and puts it into the stored form. Throws TypeError on what cannot be stored, RangeError on more than 16 MiB. */
export function toStoredForm({ id, position, document }: DocumentWrite): StoredForm {
  checkKey('id', id);
  checkKey('position', position);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw new TypeError('A document must be a JSON object');
  const stored = { _id: id, p: position, d: JSON.stringify(document), k: fieldsOf(document) };
  if (stored.d.length > SURELY_SMALL && BSON.calculateObjectSize(stored) > DOCUMENT_BYTES_MAX) {
    throw new RangeError('A document is larger than the 16 MiB that MongoDB takes');
  }
  return stored;
}

/** The document again. */
export function fromStoredForm<D extends JsonObject>({ _id, p, d }: Pick<StoredForm, '_id' | 'p' | 'd'>): StoredDocument<D> {
  return { id: _id, position: p, document: JSON.parse(d) as D };
}

function fieldsOf(document: JsonObject): Record<string, FieldValue> {
  const fields: Record<string, FieldValue> = {};
  for (const [field, value] of Object.entries(document)) {
    if (isField(field) && isFieldValue(value)) fields[field] = plain(value);
  }
  return fields;
}

/** True for text and finite numbers: all that has a place in an order. */
export function isFieldValue(value: unknown): value is FieldValue {
  return typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
}

/** JSON knows no negative zero. */
export const plain = (value: FieldValue): FieldValue => (value === 0 ? 0 : value);
