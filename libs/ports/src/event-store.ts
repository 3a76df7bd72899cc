import type { EventToAppend, Position, StoredEvent } from '@regulars/kernel';

/** The revision the writer believes the stream's last event has. There is no "any": every append says what it saw. */
export type ExpectedRevision = number | 'no-stream';

/** Some events for one stream; stored all or none. */
export interface Append {
  readonly streamId: string;
  readonly expected: ExpectedRevision;
  /** At least one. */
  readonly events: readonly EventToAppend[];
}

/** What became of one append. */
export type AppendOutcome =
  | {
      readonly outcome: 'appended';
      /** Revision of the last event. */
      readonly revision: number;
      /** Position of the last event. */
      readonly position: Position;
      /** True when the very same events (by id) were there already at the expected place: a repeat, nothing was written. */
      readonly repeated: boolean;
    }
  | {
      readonly outcome: 'conflict';
      /** Revision the stream really has, or 'no-stream'. */
      readonly actual: ExpectedRevision;
    };

/** How to read a stream. */
export interface ReadStreamOptions {
  /** 'forwards' (default) from the oldest, or 'backwards' from the newest. */
  readonly direction?: 'forwards' | 'backwards';
  /** At most so many events; default all. */
  readonly limit?: number;
}

/** A running subscription. */
export interface Subscription {
  /** Stops after the batch under way. Safe to call twice. */
  close(): Promise<void>;
  /** Settles when the subscription ends: with the handler's error if that ended it. */
  readonly ended: Promise<void>;
}

/** What a subscriber to the whole store gives. */
export interface SubscribeOptions {
  /** Events after this position; undefined from the very first. */
  readonly after?: Position | undefined;
  /** Called with one batch at a time, in order; the next is not read before the promise settles. A throw ends the subscription. */
  readonly onBatch: (events: readonly StoredEvent[]) => Promise<void>;
  /** Called each time all that was durable has been handed over. A hint only. */
  readonly onCaughtUp?: () => void;
  /** At most so many events a batch; default 1,000. */
  readonly batchEventsMax?: number;
}

/**
 * Where events live for ever.
 *
 * Promises: an append that answered `appended` is durable and seen by every later read; one stream's events have
 * revisions 0, 1, 2 … without gaps; the order of all events never changes; a stream's events keep their order in it;
 * a batch is never seen in part; repeating an append (same ids, same expected revision) writes nothing and answers
 * with the first result, after restarts and years as well; a read or subscription never shows an event that could be
 * lost. Failing to store throws `StoreUnavailable`; the append may then be repeated.
 */
export interface EventStore {
  /** Appends to one stream. */
  append(append: Append): Promise<AppendOutcome>;
  /** Appends to many streams in one go, each on its own: outcomes in the order given. The same stream may come twice; order counts. */
  appendMany(appends: readonly Append[]): Promise<readonly AppendOutcome[]>;
  /** Reads one stream; empty when there is none. */
  readStream(streamId: string, options?: ReadStreamOptions): Promise<readonly StoredEvent[]>;
  /** Reads everything durable after a position, in order, in batches; ends at the end. */
  readAll(after?: Position, batchEventsMax?: number): AsyncIterable<readonly StoredEvent[]>;
  /** Hands over everything after a position, then whatever comes, until closed. */
  subscribe(options: SubscribeOptions): Subscription;
  /** Position of the last durable event; undefined in an empty store. */
  head(): Promise<Position | undefined>;
  /** Finishes what was accepted and lets go of files and connections. */
  close(): Promise<void>;
}

/** The store cannot take or give events now (disk full, server gone). Nothing was acknowledged. */
export class StoreUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreUnavailable';
  }
}
