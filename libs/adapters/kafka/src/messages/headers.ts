import type { IncomingRecord } from './record';
import { textOf } from './text';

/** Stops the reading of one record; its message is the reason that is handed over. */
export class Unreadable extends Error {}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
/** As `Date` writes it, on a day that every month has: nothing more to be looked at. */
const PLAIN_INSTANT = /^\d{4}-(0[1-9]|1[0-2])-([01][1-9]|10|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

function valueOf({ headers }: IncomingRecord, name: string): Buffer | string | undefined {
  const value = headers !== undefined && Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) throw new Unreadable(`header ${name} comes twice`);
  return value;
}

function textOfValue(value: Buffer | string, name: string): string {
  const text = typeof value === 'string' ? value : textOf(value);
  if (text === undefined) throw new Unreadable(`header ${name} is not UTF-8`);
  return text;
}

/** A header's text; undefined where the record has none. Throws Unreadable. */
export function header(record: IncomingRecord, name: string): string | undefined {
  const value = valueOf(record, name);
  return value === undefined ? undefined : textOfValue(value, name);
}

/** A header's text. Throws Unreadable where there is none or an empty one. */
export function needed(record: IncomingRecord, name: string): string {
  const value = header(record, name);
  if (value === undefined || value === '') throw new Unreadable(`header ${name} is missing`);
  return value;
}

/** A header's instant in UTC. Throws Unreadable. */
export function instant(record: IncomingRecord, name: string): string {
  const value = needed(record, name);
  if (PLAIN_INSTANT.test(value)) return value;
  if (!INSTANT.test(value) || Number.isNaN(Date.parse(value))) throw new Unreadable(`header ${name} is no instant in UTC`);
  return value;
}

/** The text of a header that mostly says what it said in the record before: the last bytes and what they meant are kept. */
export class RepeatedHeader {
  private bytes = Buffer.alloc(0);
  private text = '';

  constructor(private readonly name: string) {}

  /** As `header`. */
  of(record: IncomingRecord): string | undefined {
    const value = valueOf(record, this.name);
    if (value === undefined || typeof value === 'string') return value;
    if (value.length > 0 && sameBytes(value, this.bytes)) return this.text;
    this.text = textOfValue(value, this.name);
    // A copy: the header's own bytes would hold on to all that was fetched with it.
    this.bytes = Buffer.from(value);
    return this.text;
  }

  /** As `needed`. */
  neededOf(record: IncomingRecord): string {
    const value = this.of(record);
    if (value === undefined || value === '') throw new Unreadable(`header ${this.name} is missing`);
    return value;
  }
}

/** In script: for so few bytes a call of `Buffer.equals` takes longer. */
function sameBytes(a: Buffer, b: Buffer): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
