import { isUtf8 } from 'node:buffer';
import { CodedError } from '@regulars/kernel';
import { parseStrictJson } from '@regulars/runtime';
import type { IntakeItem } from './read-item';

const DEPTH_MAX = 32;
const hidden = ['__proto__', 'constructor', 'prototype', '\\u00'];

/**
 * One NDJSON line as an item. What is no strict JSON (bad UTF-8, not JSON, a key twice, hostile keys) becomes a malformed item, to be
 * quarantined with its text; neighbours are not affected.
 */
export function parseLine(line: Buffer): IntakeItem {
  const text = line.toString('utf8');
  return isUtf8(line) ? parseText(text) : malformed(text, 'The line is not valid UTF-8.');
}

/** `parseLine` for text that was decoded from valid UTF-8. */
export function parseText(text: string): IntakeItem {
  try {
    const value: unknown = JSON.parse(text);
    return { value: suspicious(text, value) ? parseStrictJson(Buffer.from(text), DEPTH_MAX) : value, raw: () => text };
  } catch (error) {
    return malformed(text, error instanceof CodedError ? error.message : 'The line is not valid JSON.');
  }
}

function malformed(text: string, reason: string): IntakeItem {
  return { value: undefined, malformed: reason, raw: () => text };
}

/**
 * Whether the strict (and slower) check must look: JSON.parse silently keeps the last of two equal keys, which shows as more
 * `":` in the text than keys in the value. A space before a colon or a hostile name may hide it, so they are suspicious as well;
 * so are escaped ASCII letters, with which a hostile name can be spelt.
 */
function suspicious(text: string, value: unknown): boolean {
  if (hidden.some((mark) => text.includes(mark)) || /\s:/.test(text)) return true;
  let keysInText = 0;
  for (let at = text.indexOf('":'); at !== -1; at = text.indexOf('":', at + 2)) keysInText++;
  return keysInText !== countKeys(value, DEPTH_MAX);
}

function countKeys(value: unknown, levels: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (levels === 0) return -1;
  const members = Object.values(value);
  let count = Array.isArray(value) ? 0 : members.length;
  for (const member of members) if (typeof member === 'object') count += countKeys(member, levels - 1);
  return count;
}
