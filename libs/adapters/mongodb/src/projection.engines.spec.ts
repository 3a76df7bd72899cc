import { documentProjection, type DocumentProjectionDefinition, LOG_SOURCE } from '@regulars/engine';
import { fixedClock, type JsonObject, naturalId, type StoredEvent } from '@regulars/kernel';
import type { DocumentStore } from '@regulars/ports';
import { InMemoryDocumentStore, InMemoryEventStore } from '@regulars/testing';
import fc from 'fast-check';
import { TestDatabases } from '../spec-support/test-databases';

type Tally = { readonly words: readonly string[]; readonly count: number };

/** Words heard by each listener, in order: any event lost, repeated or disordered shows. */
const tally: DocumentProjectionDefinition<Tally & JsonObject> = {
  name: 'tally',
  indexes: ['count'],
  handles: ['word.said.v1'],
  idsOf: ({ data }) => data['to'] as readonly string[],
  evolve: (before, { data }) => ({ words: [...(before?.words ?? []), String(data['word'])], count: (before?.count ?? 0) + 1 }),
};

const listeners = fc.uniqueArray(fc.constantFrom('ann', 'bob', '__proto__', '$gt', '😀'), { maxLength: 3 });
const sayings = fc.array(fc.record({ to: listeners, word: fc.string({ maxLength: 5, unit: 'binary' }) }), { minLength: 1, maxLength: 15 });
/** A writer's way through the log: so many back, so many ahead, at times anew from its checkpoint. */
const way = fc.array(fc.record({ back: fc.nat(4), ahead: fc.integer({ min: 1, max: 6 }), restart: fc.boolean() }), { maxLength: 6 });

async function recorded(said: readonly { readonly to: readonly string[]; readonly word: string }[]): Promise<readonly StoredEvent[]> {
  const store = new InMemoryEventStore(fixedClock(0));
  const events = said.map(({ to, word }, number) => {
    const base = { occurredAt: '2026-03-01T09:00:00.000Z', chain: 'demo', correlationId: 'c1' };
    return { ...base, id: naturalId('word', 'all', String(number)), type: 'word.said.v1', data: { to: [...to], word } };
  });
  await store.append({ streamId: 'words', expected: 'no-stream', events });
  const read: StoredEvent[] = [];
  for await (const batch of store.readAll()) read.push(...batch);
  return read;
}

/** Goes a way through the events, then to their end. */
async function follow(
  documents: DocumentStore,
  events: readonly StoredEvent[],
  steps: readonly { readonly back: number; readonly ahead: number; readonly restart: boolean }[],
): Promise<void> {
  let version = await documentProjection(documents, tally).open('v1');
  let next = 0;
  for (const { back, ahead, restart } of [...steps, { back: 0, ahead: events.length, restart: false }]) {
    if (restart) version = await documentProjection(documents, tally).open('v1');
    const from = Math.max(0, next - back);
    const some = events.slice(from, from + ahead);
    await version.apply(some, { [LOG_SOURCE]: some.at(-1)?.position ?? '' });
    await version.flush();
    next = Math.max(next, Math.min(events.length, from + ahead));
  }
}

async function content(documents: DocumentStore): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const batch of (await documents.collection({ name: 'tally', version: 'v1', indexes: ['count'] })).all()) all.push(...batch);
  return all;
}

describe('a document projection on MongoDB', () => {
  const databases = new TestDatabases();
  afterAll(() => databases.close());

  it('comes to what it does in memory, with redelivery, restarts and two writers that race', async () => {
    await fc.assert(
      fc.asyncProperty(sayings, way, way, async (said, oneWay, otherWay) => {
        const events = await recorded(said);
        const model = new InMemoryDocumentStore();
        await follow(model, events, []);
        const one = await databases.open();
        const other = await databases.open({ database: databases.nameOf(one) });
        try {
          await Promise.all([follow(one, events, oneWay), follow(other, events, otherWay)]);
          expect(await content(one)).toEqual(await content(model));
          const open = async (documents: DocumentStore) => documentProjection(documents, tally).open('v1');
          expect(await (await open(other)).digest()).toBe(await (await open(model)).digest());
          expect((await open(one)).cursor()).toEqual({ [LOG_SOURCE]: events.at(-1)?.position });
        } finally {
          await other.close();
          await databases.dispose(one);
        }
      }),
      { numRuns: 15 },
    );
  });
});
