import { canonicalJson } from '@regulars/kernel';
import type { JsonSchema } from './json-schema';

/**
 * Who must go on working when a published schema changes. Events are kept for ever and read by programs of any age, so both
 * what was written must stay valid and what is written now must be readable by old readers: only optional fields may be added.
 * What is sent to us must merely stay acceptable: it may also be widened.
 */
export type Audience = 'events' | 'senders';

const PROSE = new Set(['$schema', '$id', 'title', 'description', 'examples', 'default']);
const STRUCTURE = new Set(['properties', 'required', 'items', 'anyOf', 'type', 'enum', 'additionalProperties']);
/** Limits by the direction in which they widen: 1 where a greater number accepts more, -1 where a smaller one does. */
const LIMITS: Readonly<Record<string, 1 | -1>> = {
  maximum: 1,
  exclusiveMaximum: 1,
  maxLength: 1,
  maxItems: 1,
  minimum: -1,
  exclusiveMinimum: -1,
  minLength: -1,
  minItems: -1,
};

const asSchema = (value: unknown): JsonSchema => (typeof value === 'object' && value !== null ? (value as JsonSchema) : {});
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
const differ = (one: unknown, other: unknown) => canonicalJson(one ?? null) !== canonicalJson(other ?? null);

/** The values or types that a keyword lists, compared as sets. */
function listChanges(keyword: 'type' | 'enum', before: JsonSchema, after: JsonSchema, path: string, audience: Audience): string[] {
  const [old, now] = [asList(before[keyword]).map(String), asList(after[keyword]).map(String)];
  const gone = now.length === 0 ? [] : old.length === 0 ? ['any value'] : old.filter((value) => !now.includes(value));
  const added = old.length === 0 ? [] : now.length === 0 ? ['any value'] : now.filter((value) => !old.includes(value));
  return [
    ...(gone.length ? [`${path}: ${keyword} no longer takes ${gone.join(', ')}`] : []),
    ...(added.length && audience === 'events' ? [`${path}: ${keyword} takes ${added.join(', ')}, which old readers do not know`] : []),
  ];
}

function propertyChanges(before: JsonSchema, after: JsonSchema, path: string, audience: Audience): string[] {
  const [old, now] = [asSchema(before['properties']), asSchema(after['properties'])];
  const [needed, needs] = [asList(before['required']), asList(after['required'])];
  const changes = Object.keys(old).flatMap((name) =>
    name in now ? changesAt(asSchema(old[name]), asSchema(now[name]), `${path}.${name}`, audience) : [`${path}.${name}: field removed`],
  );
  for (const name of needs) if (!needed.includes(name)) changes.push(`${path}.${String(name)}: field became required`);
  for (const name of needed) {
    if (audience === 'events' && !needs.includes(name) && String(name) in now)
      changes.push(`${path}.${String(name)}: field became optional`);
  }
  if (before['additionalProperties'] !== false && after['additionalProperties'] === false)
    changes.push(`${path}: unknown fields are refused`);
  return changes;
}

/** Each old alternative must still be covered by a new one; for events, each new one must have been there before. */
function alternativeChanges(before: JsonSchema, after: JsonSchema, path: string, audience: Audience): string[] {
  const alternatives = (schema: JsonSchema) => ('anyOf' in schema ? asList(schema['anyOf']).map(asSchema) : [schema]);
  const [old, now] = [alternatives(before), alternatives(after)];
  const uncovered = (some: readonly JsonSchema[], others: readonly JsonSchema[], forwards: boolean) =>
    some.flatMap((one, index) => {
      const attempts = others.map((other) => (forwards ? changesAt(one, other, path, audience) : changesAt(other, one, path, audience)));
      if (attempts.some((changes) => changes.length === 0)) return [];
      const name = String(one['type'] ?? `alternative ${index + 1}`);
      return attempts[index] ?? [forwards ? `${path}: no longer takes ${name}` : `${path}: takes ${name}, which old readers do not know`];
    });
  return [...new Set([...uncovered(old, now, true), ...(audience === 'events' ? uncovered(now, old, false) : [])])];
}

function limitChange(keyword: string, before: unknown, after: unknown, path: string, audience: Audience): string[] {
  const direction = LIMITS[keyword];
  const widened =
    after === undefined || (direction !== undefined && before !== undefined && (Number(after) - Number(before)) * direction > 0);
  return audience === 'senders' && widened ? [] : [`${path}: ${keyword} changed from ${String(before)} to ${String(after)}`];
}

function changesAt(before: JsonSchema, after: JsonSchema, path: string, audience: Audience): string[] {
  if ('anyOf' in before || 'anyOf' in after) return alternativeChanges(before, after, path, audience);
  const keywords = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return [
    ...listChanges('type', before, after, path, audience),
    ...listChanges('enum', before, after, path, audience),
    ...propertyChanges(before, after, path, audience),
    ...('items' in before || 'items' in after ? changesAt(asSchema(before['items']), asSchema(after['items']), `${path}[]`, audience) : []),
    ...keywords
      .filter((keyword) => !PROSE.has(keyword) && !STRUCTURE.has(keyword) && differ(before[keyword], after[keyword]))
      .flatMap((keyword) => limitChange(keyword, before[keyword], after[keyword], path, audience)),
  ];
}

/**
 * What a change of a published schema would break, one sentence each with the path of the field (`$.entries[].store`); none
 * where it is safe. A schema that is gone (`after` undefined) is one breaking change. Keywords it does not know count as breaking when changed.
 */
export function breakingChanges(before: JsonSchema, after: JsonSchema | undefined, audience: Audience): readonly string[] {
  return after ? changesAt(before, after, '$', audience) : ['$: the schema was removed'];
}
