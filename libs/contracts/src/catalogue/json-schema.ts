import { z } from 'zod';
import type { IntegrationEvent } from '../integration-event';
import { intakeKinds, intakeResult } from '../purchase/intake';

/** A JSON Schema (draft 2020-12) as plain JSON. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** The schema as senders and readers outside see it: unknown fields of events are allowed, so that fields may be added later. */
function jsonSchema(schema: z.ZodType, id: string, title: string): JsonSchema {
  const { $schema, ...body } = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' });
  return { $schema, $id: id, title, ...body };
}

/** The JSON Schema of an integration event's data; its `$id` is the event's versioned type. */
export function eventSchema(event: IntegrationEvent): JsonSchema {
  return jsonSchema(event.schema, event.type, event.summary);
}

/** The JSON Schemas of what tills and stores send, by kind, and of the answer to one item (`result`). */
export function intakeSchemas(): Readonly<Record<string, JsonSchema>> {
  const kinds = Object.entries(intakeKinds).map(([kind, schema]) => [
    kind,
    jsonSchema(schema, `intake.${kind}`, `A ${kind} as it is sent`),
  ]);
  return { ...Object.fromEntries(kinds), result: jsonSchema(intakeResult, 'intake.result', 'The answer to one item') };
}
