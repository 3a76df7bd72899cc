import { StoreUnavailable } from '@regulars/ports';

/** The database file of the read models is no whole database. Nothing was changed; the message says what to do. */
export class ReadModelsDamaged extends Error {
  constructor(file: string, reason: string) {
    super(
      `The read models in "${file}" are damaged (${reason}). Nothing is lost: delete this file, with "-wal" and "-shm" beside it, ` +
        'and start again; they are rebuilt from the events.',
    );
    this.name = 'ReadModelsDamaged';
  }
}

/** SQLite result codes that mean the file itself is broken. https://www.sqlite.org/rescode.html */
const DAMAGED = /^SQLITE_(CORRUPT|NOTADB)/;
/** SQLite result codes that mean it may work later, or elsewhere. */
const UNAVAILABLE = /^SQLITE_(FULL|IOERR|BUSY|LOCKED|CANTOPEN|READONLY|PERM)/;

/** Puts an error of the database into the words of the port: damaged, unavailable, or as it is. */
export function asPortError(error: unknown, file: string): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (DAMAGED.test(code)) return new ReadModelsDamaged(file, error.message);
  if (code === 'SQLITE_BUSY' || code === 'SQLITE_LOCKED') {
    return new StoreUnavailable(`The read models in "${file}" are in use by another process`, { cause: error });
  }
  if (UNAVAILABLE.test(code) || error.message.startsWith('ConnectionFailed')) {
    return new StoreUnavailable(`The read models in "${file}" cannot be used now: ${error.message}`, { cause: error });
  }
  return error;
}

/** An error in the form that crosses threads, which keeps no classes. */
export interface CarriedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
}

/** Takes an error apart for the way between threads. */
export function carry(error: unknown): CarriedError {
  if (error instanceof Error) return { name: error.name, message: error.message, stack: error.stack };
  return { name: 'Error', message: String(error) };
}

const CLASSES: Readonly<Record<string, { readonly prototype: Error }>> = { TypeError, RangeError, StoreUnavailable, ReadModelsDamaged };

/** Puts a carried error together again, as the class it was where callers tell it by class. */
export function revive(carried: CarriedError): Error {
  const error = new Error(carried.message);
  const known = Object.hasOwn(CLASSES, carried.name) ? CLASSES[carried.name] : undefined;
  if (known) Object.setPrototypeOf(error, known.prototype);
  Object.defineProperty(error, 'name', { value: carried.name, configurable: true, writable: true });
  if (carried.stack) error.stack = carried.stack;
  return error;
}
