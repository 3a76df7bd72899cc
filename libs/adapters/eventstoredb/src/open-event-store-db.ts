import { EventStoreDBClient } from '@eventstore/db-client';
import { type EventStore, StoreUnavailable } from '@regulars/ports';
import { type ConnectionOptions, hostsOf, toClientString } from './connection-string';
import { EventStoreDb, type Health, type StoreLimits } from './event-store-db';

/** Where the server is, and within which bounds it is used. */
export interface EventStoreDbOptions extends ConnectionOptions {
  /**
   * Begins the names of all streams of this store on the server, so that several stores (chains, environments, tests)
   * can share one. Default none: then every stream but the server's own has to be this store's.
   */
  readonly streamPrefix?: string | undefined;
  /** How long the server may be silent when it is asked, in milliseconds; default 5,000. One of many appends may take four times as long. */
  readonly answerMs?: number | undefined;
  /** Tries of a call before it rejects with `StoreUnavailable`; default 6. */
  readonly attemptsMax?: number | undefined;
  /** Pause before the second try in milliseconds, doubled with each further one; default 100. */
  readonly retryPauseMs?: number | undefined;
  /** The longest pause between two tries in milliseconds; default 5,000. */
  readonly retryPauseMsMax?: number | undefined;
  /** The server's MaxAppendSize in bytes; default 1,048,576. */
  readonly appendBytesMax?: number | undefined;
  /** Appends sent and not answered yet, at most; default 500. Their bytes are bounded to 8 times `appendBytesMax`. */
  readonly unansweredMax?: number | undefined;
  /** How long `close` waits for appends under way in milliseconds; default 10,000. */
  readonly closeMs?: number | undefined;
  /** Told in one line about what goes wrong and is tried again, subscriptions above all; no credentials, nothing personal. */
  readonly report?: ((problem: string) => void) | undefined;
}

/** An event store on a server, with a look at its connection. */
export type EventStoreDbStore = EventStore & {
  /** One round trip, without retries: whether the server can be used now, or why not and what to do. Never throws. */
  check(): Promise<Health>;
};

/**
 * Opens an event store on an EventStoreDB server (22.10 or newer, a cluster or one node) and makes sure that it
 * answers. Rejects with `BadConnectionString` or a RangeError for options that cannot work, and with
 * `StoreUnavailable`, saying what to do, where the server is away, refuses the credentials or is not trusted: that may be tried again.
 */
export async function openEventStoreDb(options: EventStoreDbOptions): Promise<EventStoreDbStore> {
  const clientString = toClientString(options);
  const limits = limitsOf(options);
  const store = new EventStoreDb(connect(clientString), options.streamPrefix ?? '', limits, options.report ?? (() => undefined));
  const health = await store.check();
  if (health.ok) return store;
  await store.close();
  throw new StoreUnavailable(`${health.reason}; server: ${hostsOf(clientString)}`);
}

function connect(clientString: string): EventStoreDBClient {
  try {
    return EventStoreDBClient.connectionString(clientString);
  } catch (error) {
    // Certificate files that are missing or do not belong together; the client's words on the string itself may quote it.
    const isAboutFiles = error instanceof Error && /certificate|userCertFile|PEM|key file/i.test(error.message);
    throw new RangeError(
      isAboutFiles
        ? `The TLS settings of the event store cannot be used: ${(error as Error).message}`
        : 'The settings of the event store cannot be used: check ports, numbers and file names in the connection string',
    );
  }
}

function limitsOf(options: EventStoreDbOptions): StoreLimits {
  const { answerMs = 5_000, attemptsMax = 6, retryPauseMs = 100, retryPauseMsMax = 5_000 } = options;
  const { appendBytesMax = 1_048_576, unansweredMax = 500, closeMs = 10_000 } = options;
  for (const [name, value] of Object.entries({ answerMs, attemptsMax, retryPauseMs, retryPauseMsMax, appendBytesMax, unansweredMax })) {
    if (!(Number.isSafeInteger(value) && value >= 1)) throw new RangeError(`${name} must be a whole number of at least 1, not ${value}`);
  }
  const retry = { attemptsMax, pauseMs: retryPauseMs, pauseMsMax: retryPauseMsMax };
  return {
    answerMs,
    retry,
    appendBytesMax,
    unansweredMax,
    unansweredBytesMax: 8 * appendBytesMax,
    closeMs,
  };
}
