import assert from 'node:assert/strict';
import { canonicalJson, type EventToAppend, type JsonObject, type StoredEvent } from '@regulars/kernel';
import type { Append, AppendOutcome, EventStore, ExpectedRevision } from '@regulars/ports';

/** An event with this id. */
export function event(id: string, data: JsonObject = { id }): EventToAppend {
  return {
    id,
    type: 'sample.happened.v1',
    occurredAt: '2026-03-04T05:06:07.890Z',
    correlationId: `correlation-${id}`,
    chain: 'sample-chain',
    data,
  };
}

/** An append of events with these ids. */
export function appendOf(streamId: string, expected: ExpectedRevision, ...ids: readonly string[]): Append {
  return { streamId, expected, events: ids.map((id) => event(id)) };
}

/** Appends and insists on a first success; answers it. */
export async function mustAppend(store: EventStore, append: Append): Promise<Extract<AppendOutcome, { outcome: 'appended' }>> {
  const outcome = await store.append(append);
  if (outcome.outcome !== 'appended') assert.fail(`The append to ${append.streamId} was refused: ${JSON.stringify(outcome)}`);
  assert.equal(outcome.repeated, false, `the append to ${append.streamId} was taken for a repeat`);
  return outcome;
}

/** Fills a store with `streams` streams of `length` events each, taking turns; ids are `<stream>/<revision>`. */
export async function fill(store: EventStore, streams: number, length: number): Promise<void> {
  for (let revision = 0; revision < length; revision++) {
    for (let stream = 0; stream < streams; stream++) {
      await mustAppend(store, appendOf(`s-${stream}`, revision === 0 ? 'no-stream' : revision - 1, `s-${stream}/${revision}`));
    }
  }
}

/** Everything in the store, in its order. */
export async function everything(store: EventStore, after?: string, batchEventsMax?: number): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const batch of store.readAll(after, batchEventsMax)) events.push(...batch);
  return events;
}

/** The ids of events, in order. */
export function idsOf(events: readonly StoredEvent[]): string[] {
  return events.map(({ id }) => id);
}

/** Fails where two values differ in more than members that are undefined. */
export function assertSame(actual: unknown, expected: unknown, message: string): void {
  assert.equal(canonicalJson(actual), canonicalJson(expected), message);
}
