import type { EventToAppend, JsonObject, StoredEvent } from '@regulars/kernel';
import type { Append, Message } from '@regulars/ports';

/** Stored type of the event that keeps a message which was published outright, not derived from a domain event. */
const MESSAGE_PUBLISHED = 'bus.message-published.v1';

type MessagePublished = { readonly type: string; readonly topic: string; readonly key: string; readonly data: JsonObject };

/** The append that keeps a message: a stream of its own, so that publishing it again writes nothing. */
export function toAppend(message: Message): Append {
  const { id, type, topic, key, data, occurredAt, chain, store, correlationId, causationId, traceparent } = message;
  const kept: MessagePublished = { type, topic, key, data };
  const event: EventToAppend = {
    id,
    type: MESSAGE_PUBLISHED,
    occurredAt,
    data: kept,
    chain,
    store,
    correlationId,
    causationId,
    traceparent,
  };
  return { streamId: `bus-${id}`, expected: 'no-stream', events: [event] };
}

/** Publisher of the messages kept that way; none for any other event. */
export function publishedMessages(event: StoredEvent): readonly Message[] {
  if (event.type !== MESSAGE_PUBLISHED) return [];
  const { id, occurredAt, chain, store, correlationId, causationId, traceparent } = event;
  return [{ id, occurredAt, chain, store, correlationId, causationId, traceparent, ...(event.data as unknown as MessagePublished) }];
}
