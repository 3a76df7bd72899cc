const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?$/;
const FIELD = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;
// Text that SQLite would cut (NUL) or that UTF-8 cannot hold (half of a surrogate pair): two such ids could become one.
const NOT_STORABLE = /\0|\p{Surrogate}/u;

/** Checks the name of a collection or a version: letters, digits and hyphens, at most 100. Throws TypeError. */
export function checkName(what: string, name: unknown): asserts name is string {
  if (typeof name !== 'string' || !NAME.test(name)) throw new TypeError(`The ${what} must be letters, digits and hyphens`);
}

/** Checks the name of an indexed field: letters, digits and underscores, a letter first, at most 63. Throws TypeError. */
export function checkField(name: unknown): asserts name is string {
  if (typeof name !== 'string' || !FIELD.test(name)) {
    throw new TypeError('The name of an indexed field must be letters, digits and underscores, a letter first');
  }
}

/** True for text that can be a stored key: any text, but no NUL and no half of a surrogate pair. */
export function isKey(text: unknown): text is string {
  return typeof text === 'string' && !NOT_STORABLE.test(text);
}

/** Checks text that is stored as a key. Throws TypeError. */
export function checkKey(what: string, text: unknown): asserts text is string {
  if (!isKey(text)) throw new TypeError(`The ${what} must be text without NUL and unpaired surrogates`);
}
