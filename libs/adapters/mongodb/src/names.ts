const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?$/;
const FIELD = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;
// A database and a collection together have 255 bytes: two names of 100 and two separators leave 50.
const DATABASE = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,49})$/;
// BSON strings are UTF-8: half of a surrogate pair would become U+FFFD, and two ids one. NUL is left out as in the other stores.
const NOT_STORABLE = /\0|\p{Surrogate}/u;

/** Checks the name of a database: letters, digits, hyphens and underscores, at most 50. Throws TypeError. */
export function checkDatabase(name: unknown): asserts name is string {
  if (typeof name !== 'string' || !DATABASE.test(name)) {
    throw new TypeError('The name of a database must be at most 50 letters, digits, hyphens and underscores');
  }
}

/** Checks the name of a collection or a version: letters, digits and hyphens, at most 100. Throws TypeError. */
export function checkName(what: string, name: unknown): asserts name is string {
  if (typeof name !== 'string' || !NAME.test(name)) throw new TypeError(`The ${what} must be letters, digits and hyphens`);
}

/** True for what can be an indexed field: letters, digits and underscores, a letter first, at most 63. */
export function isField(name: unknown): name is string {
  return typeof name === 'string' && FIELD.test(name);
}

/** Checks the name of an indexed field. Throws TypeError. */
export function checkField(name: unknown): asserts name is string {
  if (!isField(name)) throw new TypeError('The name of an indexed field must be letters, digits and underscores, a letter first');
}

/** True for text that can be a stored key: any text, but no NUL and no half of a surrogate pair. */
export function isKey(text: unknown): text is string {
  return typeof text === 'string' && !NOT_STORABLE.test(text);
}

/** Checks text that is stored as a key. Throws TypeError. */
export function checkKey(what: string, text: unknown): asserts text is string {
  if (!isKey(text)) throw new TypeError(`The ${what} must be text without NUL and unpaired surrogates`);
}
