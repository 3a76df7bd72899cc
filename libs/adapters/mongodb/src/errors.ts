import { StoreUnavailable } from '@regulars/ports';
import { MongoBulkWriteError, MongoError, MongoNetworkError, MongoNetworkTimeoutError, MongoServerError } from 'mongodb';

/** Errors of the driver that say: nobody there, or no connection free. */
const AWAY = new Set([
  'MongoClientClosedError',
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoNotConnectedError',
  'MongoOperationTimeoutError',
  'MongoPoolClearedError',
  'MongoPoolClearedOnNetworkError',
  'MongoPoolClosedError',
  'MongoServerClosedError',
  'MongoServerSelectionError',
  'MongoTopologyClosedError',
  'MongoWaitQueueTimeoutError',
  'MongoWriteConcernError',
]);

/**
 * Codes of a server that cannot now: host unreachable or not found, network timeout, time limit, write concern not reached in time, shutdown, stepdown,
 * not primary, read concern not possible, no memory or disk left. https://www.mongodb.com/docs/manual/reference/error-codes/
 */
const CANNOT_NOW = new Set([
  6, 7, 24, 50, 64, 89, 91, 112, 134, 146, 189, 202, 262, 290, 317, 358, 412, 9001, 10058, 10107, 11600, 11602, 13388, 13435, 13436, 14031,
]);

/** Codes of a server that does not let us in: unauthorized, authentication failed, and what hosted ones say instead. */
const REFUSED = new Set([13, 18, 8000]);

/** An insert met a document that has the id already. */
export const DUPLICATE_KEY = 11_000;

/** True for an error of a socket as Node throws it, which the driver lets through now and then (`write ECONNRESET`). */
function isSocketError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

/** A bulk that came to no answer wraps the error that says why. */
function unwrapped(error: unknown): unknown {
  if (!(error instanceof MongoBulkWriteError)) return error;
  const inner: unknown = error.errorResponse;
  return inner instanceof MongoError ? inner : error;
}

/** True where the connection broke in the middle of a call: its answer is unknown, a new connection may well work. */
export function isBrokenConnection(thrown: unknown): boolean {
  const error = unwrapped(thrown);
  if (error instanceof MongoNetworkTimeoutError) return false;
  return (
    isSocketError(error) || error instanceof MongoNetworkError || (error instanceof MongoError && error.name.startsWith('MongoPoolCleared'))
  );
}

/**
 * Puts an error of the driver into the words of the port: `StoreUnavailable` for what may pass. Names and codes alone are kept: a driver's message can
 * hold addresses, credentials or content.
 */
export function asPortError(thrown: unknown): unknown {
  const error = unwrapped(thrown);
  if (isSocketError(error)) return new StoreUnavailable('The document store cannot be reached (its connection broke)');
  if (!(error instanceof MongoError)) return error;
  const code = error.code === undefined ? '' : ` ${error.code}`;
  if (AWAY.has(error.name)) return new StoreUnavailable(`The document store cannot be reached (${error.name})`);
  if (typeof error.code === 'number' && CANNOT_NOW.has(error.code)) {
    return new StoreUnavailable(`The document store cannot answer now (${error.name}${code})`);
  }
  if (typeof error.code === 'number' && REFUSED.has(error.code)) {
    return new Error(`The document store refuses the credentials, or the rights to the database are missing (${error.name}${code})`);
  }
  const codeName = error instanceof MongoServerError && typeof error.codeName === 'string' ? ` ${error.codeName}` : '';
  return new Error(`The document store failed (${error.name}${code}${codeName})`);
}
