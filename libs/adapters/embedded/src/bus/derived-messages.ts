import type { StoredEvent } from '@regulars/kernel';
import type { DeliveredMessage, Publisher } from '@regulars/ports';

/** The one source of the bus on the event log: the log orders everything. */
export const SOURCE = 'log';

/** A part of a batch from the log: the messages, and the last event looked at for them. */
export interface Part {
  readonly messages: readonly DeliveredMessage[];
  readonly last: StoredEvent;
}

/** The messages of one event, in the form consumers get. Runs for every event of every replay, so it makes nothing it need not. */
export function deriveMessages(event: StoredEvent, publishers: readonly Publisher[], topics: ReadonlySet<string>): DeliveredMessage[] {
  const delivered: DeliveredMessage[] = [];
  for (const publish of publishers) {
    for (const message of publish(event)) {
      if (!topics.has(message.topic)) continue;
      const { id, type, topic, key, occurredAt, chain, store, data, correlationId, causationId, traceparent } = message;
      const { position } = event;
      delivered.push({
        id,
        type,
        topic,
        key,
        occurredAt,
        chain,
        store,
        data,
        correlationId,
        causationId,
        traceparent,
        source: SOURCE,
        position,
        logPosition: position,
      });
    }
  }
  return delivered;
}

/**
 * Cuts a batch from the log into parts of at most `messagesMax`. The messages of one event share a position, so they stay together,
 * also where they alone are more than that: a consumer that remembered their position half-way would lose the rest.
 */
export function* parts(
  events: readonly StoredEvent[],
  messagesOf: (event: StoredEvent) => DeliveredMessage[],
  messagesMax: number,
): Generator<Part> {
  let messages: DeliveredMessage[] = [];
  let last: StoredEvent | undefined;
  for (const event of events) {
    const next = messagesOf(event);
    if (last && messages.length > 0 && messages.length + next.length > messagesMax) {
      yield { messages, last };
      messages = [];
    }
    messages.push(...next);
    last = event;
  }
  if (last) yield { messages, last };
}
