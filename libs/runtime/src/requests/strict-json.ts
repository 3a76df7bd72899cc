import { problem } from '../problems/problem';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Names through which careless code reaches prototypes. No schema of ours has them. */
const hostileKeys = new Set(['__proto__', 'constructor', 'prototype']);

const malformed = (detail: string) => problem('request.malformed', detail);

/** Index of the quote that closes the string opened at `open`; the text's length if none does. */
function endOfString(text: string, open: number): number {
  let end = text.indexOf('"', open + 1);
  for (; end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

function keyText(text: string, open: number, end: number): string {
  const raw = text.slice(open + 1, end);
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw; // JSON.parse of the whole refuses it in a moment.
  }
}

/**
 * Looks at structure only, before a parser builds anything of it: depth, a key twice in one object (a parser would silently keep
 * the last), hostile keys. Text that is no JSON may pass; the parser finds that.
 */
function checkStructure(text: string, depthMax: number): void {
  /** The keys of each open object; undefined for an open array. */
  const open: (Set<string> | undefined)[] = [];
  let keyExpected = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (keyExpected && keys) {
        const key = keyText(text, at, end);
        if (hostileKeys.has(key)) throw malformed(`A key that is not allowed: ${key}.`);
        if (keys.has(key)) throw malformed('An object holds the same key twice.');
        keys.add(key);
        keyExpected = false;
      }
      at = end;
    } else if (char === 0x7b || char === 0x5b) {
      if (open.length >= depthMax) throw malformed(`Nested deeper than ${depthMax} levels.`);
      open.push(char === 0x7b ? new Set() : undefined);
      keyExpected = char === 0x7b;
    } else if (char === 0x7d || char === 0x5d) {
      open.pop();
      keyExpected = false;
    } else if (char === 0x2c) {
      keyExpected = open.at(-1) !== undefined;
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses a JSON request body. Throws `request.malformed` for bytes that are no UTF-8, text that is no JSON, nesting deeper than
 * `depthMax`, a key that comes twice in one object, and the keys `__proto__`, `constructor`, `prototype`.
 */
export function parseStrictJson(bytes: Uint8Array, depthMax: number): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw malformed('The body is not valid UTF-8.');
  }
  checkStructure(text, depthMax);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's message quotes the input, so it is not passed on.
    throw malformed('The body is not valid JSON.');
  }
}
