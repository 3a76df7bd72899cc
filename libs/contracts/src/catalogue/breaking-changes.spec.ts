import { z } from 'zod';
import { integrationEvents } from '../index';
import { breakingChanges } from './breaking-changes';
import { eventSchema } from './json-schema';

const schema = (type: z.ZodType) => z.toJSONSchema(type, { io: 'input' });
const published = {
  store: z.string(),
  kind: z.enum(['sale', 'return']),
  note: z.string().max(100).optional(),
  net: z.int().nullable(),
  lines: z.array(z.object({ sku: z.string() })),
};
const { note: _note, ...withoutNote } = published;
const { store: _store, ...withoutStore } = published;

function changes(audience: 'events' | 'senders', shape: z.ZodRawShape) {
  return breakingChanges(schema(z.object(published)), schema(z.object(shape)), audience);
}

describe('changing a published schema', () => {
  test.each<[string, z.ZodRawShape, string]>([
    ['removing a field', withoutStore, '$.store: field removed'],
    ['removing an optional field', withoutNote, '$.note: field removed'],
    ['requiring a field', { ...published, note: z.string().max(100) }, '$.note: field became required'],
    ['adding a required field', { ...published, till: z.string() }, '$.till: field became required'],
    ['changing a type', { ...published, store: z.int() }, '$.store: type no longer takes string'],
    ['narrowing null away', { ...published, net: z.int() }, '$.net: no longer takes null'],
    ['narrowing an enum', { ...published, kind: z.enum(['sale']) }, '$.kind: enum no longer takes return'],
    ['lowering a limit', { ...published, note: z.string().max(50).optional() }, '$.note: maxLength changed from 100 to 50'],
    ['adding a limit', { ...published, store: z.string().max(9) }, '$.store: maxLength changed from undefined to 9'],
    ['narrowing within a list', { ...published, lines: z.array(z.object({ sku: z.int() })) }, '$.lines[].sku: type no longer takes string'],
  ])('%s breaks readers and senders', (_what, shape, message) => {
    expect(changes('events', shape)).toContain(message);
    expect(changes('senders', shape)).toContain(message);
  });

  test.each<[string, z.ZodRawShape]>([
    ['making a field optional', { ...published, store: z.string().optional() }],
    ['widening an enum', { ...published, kind: z.enum(['sale', 'return', 'exchange']) }],
    ['allowing null', { ...published, store: z.string().nullable() }],
    ['raising a limit', { ...published, note: z.string().max(200).optional() }],
  ])('%s breaks old readers of events, not senders', (_what, shape) => {
    expect(changes('events', shape)).not.toEqual([]);
    expect(changes('senders', shape)).toEqual([]);
  });

  test.each<[string, z.ZodRawShape]>([
    ['nothing', published],
    ['an optional field more', { ...published, till: z.string().optional() }],
    ['other words', { ...published, store: z.string().describe('Store id') }],
  ])('%s breaks nobody', (_what, shape) => {
    expect(changes('events', shape)).toEqual([]);
    expect(changes('senders', shape)).toEqual([]);
  });

  test('an event that is gone is a breaking change', () => {
    expect(breakingChanges(schema(z.object(published)), undefined, 'events')).toEqual(['$: the schema was removed']);
  });

  test('a refusal of unknown fields is a breaking change', () => {
    expect(breakingChanges(schema(z.object(published)), schema(z.strictObject(published)), 'events')).toEqual([
      '$: unknown fields are refused',
    ]);
  });

  test.each(integrationEvents.map((event) => [event.type, event] as const))('%s: taking any field away is noticed', (_type, event) => {
    const before = eventSchema(event);
    const fields = Object.keys(before['properties'] as object);
    for (const field of fields) {
      const { [field]: _gone, ...properties } = before['properties'] as Record<string, unknown>;
      expect(breakingChanges(before, { ...before, properties }, 'events')).toContain(`$.${field}: field removed`);
    }
    expect(fields.length).toBeGreaterThan(2);
  });
});
