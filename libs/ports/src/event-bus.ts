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
}

/** What a consumer gives. */
export interface ConsumeOptions {
  /** Name of the consumer group. */
  readonly group: string;
  readonly topics: readonly string[];
  /** Where to go on, by source, as the consumer remembers it inside what it changed; a source not named starts at its beginning. */
  readonly from: Readonly<Record<string, Position>>;
  /**
   * Called with one batch at a time. Messages of one source are in order. When it resolves, the batch counts as consumed;
   * a throw ends the consumption and the batch comes again after a restart. `upTo` is, by source, how far the bus has looked: at
   * least the last message's position, further where nothing for these topics came.
   */
  readonly onBatch: (messages: readonly DeliveredMessage[], upTo: Readonly<Record<string, Position>>) => Promise<void>;
  /** Called each time everything there was has been handed over. A hint only. */
  readonly onCaughtUp?: () => void;
  /** At most so many messages a batch; default 1,000. */
  readonly batchMessagesMax?: number;
}

/** A running consumption. */
export interface Consumption {
  /** Stops after the batch under way. Safe to call twice. */
  close(): Promise<void>;
  /** Settles when it ends: with the handler's error if that ended it. */
  readonly ended: Promise<void>;
}

/**
 * Carries integration events between services: at least once, in order per key, bounded (one batch a consumer in
 * flight). Promises: a published message is durable when `publish` resolves; a consumer that starts from the positions it
 * remembers misses nothing after them; consumers of different groups do not disturb each other.
 */
export interface EventBus {
  publish(messages: readonly Message[]): Promise<void>;
  consume(options: ConsumeOptions): Consumption;
}
