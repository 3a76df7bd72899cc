import {
  AccessDeniedError,
  CancelledError,
  type CommandError,
  convertToCommandError,
  DeadlineExceededError,
  NotLeaderError,
  StreamDeletedError,
  TimeoutError,
  UnavailableError,
} from '@eventstore/db-client';
import { StoreUnavailable } from '@regulars/ports';

/** The server did not answer in time; what was asked may have been done. */
export class NoAnswer extends Error {
  constructor(what: string, ms: number) {
    super(`${what}: no answer within ${ms} ms`);
    this.name = 'NoAnswer';
  }
}

/** The server answered that it could not do it now; asking again may help. */
export class NotNow extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotNow';
  }
}

/** gRPC codes of faults on the way or in the server: cancelled, unknown, deadline, exhausted, aborted, internal, unavailable. */
const PASSING_CODES: ReadonlySet<unknown> = new Set([1, 2, 4, 8, 10, 13, 14]);
const PASSING_KINDS = [TimeoutError, DeadlineExceededError, UnavailableError, CancelledError, NotLeaderError, NoAnswer, NotNow] as const;

/** Whether asking again may help. Everything that may be asked again is without harm twice. */
export function isPassing(error: unknown): boolean {
  const converted = asCommandError(error);
  if (PASSING_KINDS.some((Kind) => converted instanceof Kind)) return true;
  if (converted instanceof AccessDeniedError || converted instanceof StreamDeletedError) return false;
  const code = (converted as Partial<CommandError>).code;
  if (code !== undefined) return PASSING_CODES.has(code);
  // The client's own: no node found by gossip, or a channel that was closed by another call's reconnect.
  return converted instanceof Error && /Failed to discover|channel/i.test(converted.message);
}

/** The client's own error for a raw gRPC one; anything else as it is. */
export function asCommandError(error: unknown): unknown {
  return error instanceof Error ? convertToCommandError(error) : error;
}

const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /certificate|CERT_|self.signed|unable to (verify|get)|altname/i,
    'its TLS certificate is not trusted: name its CA with tlsCaFile, and use a host name that the certificate has',
  ],
  [
    /wrong version number|EPROTO|ssl|packet length too long/i,
    'it does not speak TLS there: check the port, or say ?tls=false in the connection string',
  ],
  [/ENOTFOUND|EAI_AGAIN|Name resolution/i, 'its host name cannot be resolved: check the connection string'],
  [/ECONNREFUSED|No connection established|Failed to discover/i, 'nobody listens there: check that it runs, and the connection string'],
  [/UNAUTHENTICATED/i, 'it does not accept the user name and password: check them'],
];

/** What went wrong and what to do about it, in one line; without credentials. */
export function explain(error: unknown): string {
  const converted = asCommandError(error);
  if (!(converted instanceof Error)) return 'unknown failure';
  const message = converted.message.split('\n')[0] as string;
  const hint = HINTS.find(([pattern]) => pattern.test(message))?.[1];
  if (hint) return `${hint} (${message})`;
  if (converted instanceof AccessDeniedError)
    return `it denies access: check user name and password, and that the user may read $all and write (${message})`;
  if (converted instanceof NotLeaderError) return `the node is not the leader (${message})`;
  if (/ECONNRESET|socket hang up|closed/i.test(message))
    return `the connection was cut; a server with TLS does so to clients without it and the other way round (${message})`;
  return message;
}

/** The port's error for a store that cannot be used now. */
export function unavailable(error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error;
  return new StoreUnavailable(`The event store cannot be used: ${explain(error)}`, { cause: error });
}

/** What a caller is told: `StoreUnavailable` for what may pass or is refused to this user, anything else as it is. */
export function toCallerError(error: unknown): unknown {
  const converted = asCommandError(error);
  return isPassing(converted) || converted instanceof AccessDeniedError ? unavailable(converted) : converted;
}
