import type { Causation, JsonObject, Position, StoredEvent } from '@regulars/kernel';

/** An integration event on its way between services. */
export interface Message extends Causation {
  /** Stable over redeliveries: consumers may see it more than once. */
  readonly id: string;
  /** Versioned name, such as `purchase.recorded.v1`. */
  readonly type: string;
  readonly topic: string;
  /** Messages of one key are delivered in order. Never personal data: ids only. */
  readonly key: string;
  /** When it happened in the business, ISO 8601 in UTC. */
  readonly occurredAt: string;
  readonly chain: string;
  readonly store?: string | undefined;
  readonly data: JsonObject;
}

/**
 * A service's `publishes.ts`: the integration events that follow from one of its domain events, none for most. Pure, so that the same
 * event gives the same messages with the same ids for ever.
 */
export type Publisher = (event: StoredEvent) => readonly Message[];

/** A message as a consumer gets it. */
export interface DeliveredMessage extends Message {
  /** The partition, or the log, that orders it. Positions compare within one source only. */
  readonly source: string;
  readonly position: Position;
  /** Position, in its publisher's event log, of the event it follows from; absent where no log stands behind it. */
  readonly logPosition?: Position | undefined;
}

/**
 * Type of a record that is no message: bytes that cannot be read, a type without a contract, data that break theirs. It is delivered, so
 * that it is parked and not lost; its data are an `UnreadableRecord`.
 */
export const UNREADABLE_RECORD = 'bus.unreadable-record.v1';

/** The data of an unreadable record. */
export interface UnreadableRecord extends JsonObject {
  /** Why it cannot be read; quotes nothing of the record. */
  readonly reason: string;
  /** The record's bytes as they came, as text where they are UTF-8, else in base64. */
  readonly raw: string;
  readonly encoding: 'utf8' | 'base64';
}

/** Positions by source. */
export type Positions = Readonly<Record<string, Position>>;

/** Tells that everything of a log up to a position has been handed over on a source. */
export interface Watermark {
  /** Position in the publisher's event log. */
  readonly logPosition: Position;
  /** When the log was seen to end there, ISO 8601 in UTC: what lies behind it was recorded later. For lag only, never for a decision. */
  readonly observedAt: string;
}

/** What a consumer gives. */
export interface ConsumeOptions {
  /** Name of the consumer group. The consumers of one group, in all processes, share the sources out among themselves. */
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * Where to go on, by source, as the consumer remembers it inside what it changed; a source not named starts at its beginning. A
   * function is asked each time sources have come to this consumer, before their first batch; where it throws, the consumption ends.
   * `committed`: where the group's batches have ended, as the bus remembers it.
   */
  readonly from: Positions | 'committed' | ((sources: readonly string[]) => Promise<Positions>);
  /**
   * Called when sources have gone to another consumer of the group, and for all sources when the consumption ends: none of their
   * batches is under way then, and nothing of them comes before `from` was asked again.
   */
  readonly onRevoked?: ((sources: readonly string[]) => Promise<void>) | undefined;
  /**
   * Called with one batch at a time, or one of each source at a time where `sourcesAtOnce` is above 1 (a batch is then of one source).
   * Messages of one source are in order. When it resolves, the batch counts as consumed; a throw ends the consumption and the batch
   * comes again after a restart. `upTo` is, by source, how far the bus has looked: at least the last message's position, further where
   * nothing for these topics came. `done` may be called for single messages before: where the batch does not come to its end, what was done without a
   * gap from its beginning is committed.
   */
  readonly onBatch: (messages: readonly DeliveredMessage[], upTo: Positions, done: (message: DeliveredMessage) => void) => Promise<void>;
  /** Called between the batches of a source. Without a relay behind the source it is never called. */
  readonly onWatermark?: ((source: string, watermark: Watermark) => void) | undefined;
  /** Called each time everything there was has been handed over. A hint only. */
  readonly onCaughtUp?: (() => void) | undefined;
  /** At most so many messages a batch; default 1,000. */
  readonly batchMessagesMax?: number | undefined;
  /** So many sources may have a batch under way at the same time; default 1. */
  readonly sourcesAtOnce?: number | undefined;
}

/** A running consumption. */
export interface Consumption {
  /** Stops after the batch under way. Safe to call twice. */
  close(): Promise<void>;
  /** Settles when it ends: with the handler's error if that ended it. */
  readonly ended: Promise<void>;
}

/**
 * Carries integration events between services: at least once, in order per key, bounded (one batch a consumer, or a source, in
 * flight). Promises: a published message is durable when `publish` resolves; a consumer that starts from the positions it
 * remembers misses nothing after them; a message that a relay carried twice is delivered once to whoever goes on from where it had
 * got to; consumers of different groups do not disturb each other.
 */
export interface EventBus {
  publish(messages: readonly Message[]): Promise<void>;
  consume(options: ConsumeOptions): Consumption;
}

/** A message with the place of its event in the log. */
export interface LogMessage extends Message {
  readonly logPosition: Position;
  /** Its place among the messages that follow from the same event, from 0; below 1,000. */
  readonly ordinal: number;
}

/** What a relay carries at a time. */
export interface RelayBatch {
  /** In the order of the log. */
  readonly messages: readonly LogMessage[];
  /** Told to every partition of `topics`, after the messages. */
  readonly watermark?: Watermark | undefined;
  /** All topics the relay writes to, whether they have messages in this batch or not. */
  readonly topics: readonly string[];
  /** The relay's fencing token: each owner's is higher than the one before. Consumers leave out what an overtaken owner still says. */
  readonly epoch: number;
}

/** A bus between processes, fed from an event log by a relay. */
export interface RelayedBus extends EventBus {
  /**
   * Publishes in the order of the log. Resolves when everything is durable; where it rejects, any part may be durable, and repeating
   * the batch, or one that begins earlier, loses nothing, disorders nothing and delivers nothing twice. One call at a time.
   */
  relay(batch: RelayBatch): Promise<void>;
}
