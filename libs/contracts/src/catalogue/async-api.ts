import type { IntegrationEvent } from '../integration-event';
import { eventSchema } from './json-schema';

/** CloudEvents attributes as Kafka headers (binary mode), the same for every message. */
const headers = {
  type: 'object',
  required: ['ce_specversion', 'ce_id', 'ce_type', 'ce_source', 'ce_time'],
  properties: {
    ce_specversion: { type: 'string', const: '1.0' },
    ce_id: { type: 'string', description: 'UUIDv5 of the fact; the same fact always has the same id' },
    ce_type: { type: 'string', description: 'Versioned name of the event' },
    ce_source: { type: 'string', description: 'Chain and service that published it' },
    ce_time: { type: 'string', format: 'date-time', description: 'When it happened in the business' },
    ce_correlationid: { type: 'string', description: 'One id for everything that one request set in motion' },
    ce_causationid: { type: 'string', description: 'Id of the event or request that caused this' },
    ce_traceparent: { type: 'string', description: 'W3C trace context' },
  },
};

/** A topic or event type as a key of the document, which may not contain every character. */
const key = (name: string) => name.replace(/[^A-Za-z0-9_-]/g, '-');

/** The catalogue of all integration events as an AsyncAPI 3.1 document: a channel a topic, a message an event. */
export function asyncApiDocument(events: readonly IntegrationEvent[], version: string): Readonly<Record<string, unknown>> {
  const topics = [...new Set(events.map((event) => event.topic))].sort();
  const of = (topic: string) => events.filter((event) => event.topic === topic);
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Regulars integration events',
      version,
      description: 'What the services tell each other, and anyone else who listens. At least once; in order per key.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(
      topics.map((topic) => [
        key(topic),
        {
          address: topic,
          messages: Object.fromEntries(of(topic).map(({ type }) => [key(type), { $ref: `#/components/messages/${key(type)}` }])),
        },
      ]),
    ),
    operations: Object.fromEntries(
      topics.map((topic) => [
        `publish-${key(topic)}`,
        {
          action: 'send',
          channel: { $ref: `#/channels/${key(topic)}` },
          messages: of(topic).map(({ type }) => ({ $ref: `#/channels/${key(topic)}/messages/${key(type)}` })),
        },
      ]),
    ),
    components: {
      messages: Object.fromEntries(
        events.map((event) => [key(event.type), { name: event.type, summary: event.summary, headers, payload: payload(event) }]),
      ),
    },
  };
}

/** The data's schema without the keywords that only a file of its own needs. */
function payload(event: IntegrationEvent): Readonly<Record<string, unknown>> {
  const { $schema: _dialect, $id: _id, ...schema } = eventSchema(event);
  return schema;
}
