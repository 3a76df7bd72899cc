import type { JsonObject } from './json';

/**
 * An opaque place in one event store's order of all events. Positions of the same store compare as strings,
 * byte by byte (adapters pad them), and nothing else may be read from them.
 */
export type Position = string;

/** Says where a change came from; carried from the edge into every event that follows. */
export interface Causation {
  /** One id for everything that one request or delivery set in motion. */
  readonly correlationId: string;
  /** The id of the event or request that directly caused this. */
  readonly causationId?: string | undefined;
  /** W3C trace context, when the caller sent one. */
  readonly traceparent?: string | undefined;
}

/** An event as its decider made it, not stored yet. */
export interface NewEvent<Type extends string = string, Data = JsonObject> {
  /** UUIDv5 of the fact's natural key. Repeating an append repeats the id. */
  readonly id: string;
  /** The stored name, with its version: `purchase.recorded.v1`. */
  readonly type: Type;
  /** When it happened in the business, ISO 8601 in UTC. */
  readonly occurredAt: string;
  readonly data: Data;
}

/** What is stored beside an event's data. */
export interface EventToAppend extends NewEvent, Causation {
  readonly chain: string;
  readonly store?: string | undefined;
}

/** An event as the store returns it. */
export interface StoredEvent<Type extends string = string, Data = JsonObject> extends NewEvent<Type, Data>, Causation {
  readonly streamId: string;
  /** 0 for the first event of its stream, without gaps. */
  readonly revision: number;
  readonly position: Position;
  /** When the store took it, ISO 8601 in UTC. Never used in a decision. */
  readonly recordedAt: string;
  readonly chain: string;
  readonly store?: string | undefined;
}

/** The schema version that an event type's name ends with: 1 for `purchase.recorded.v1`. Throws on a name without one. */
export function schemaVersionOf(type: string): number {
  const match = /\.v(\d+)$/.exec(type);
  if (!match) throw new Error(`Event type "${type}" carries no version; name it like "purchase.recorded.v1"`);
  return Number(match[1]);
}
