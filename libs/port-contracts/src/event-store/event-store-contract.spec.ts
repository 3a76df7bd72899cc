import { fixedClock } from '@regulars/kernel';
import type { EventStore } from '@regulars/ports';
import { type PlantedBug, InMemoryEventStore, plantedEventStoreBugs } from '@regulars/testing';
import { eventStoreClauses, eventStoreContract, type EventStoreSubject } from './event-store-contract';
import { withBug } from './planted';

function subjectOf(Store: new (clock: ReturnType<typeof fixedClock>) => InMemoryEventStore): EventStoreSubject {
  return {
    create: async () => new Store(fixedClock(Date.UTC(2026, 0, 1))),
    reopen: (store: EventStore) => (store as InMemoryEventStore).reopen(),
    dispose: (store) => store.close(),
  };
}

const faulty = (planted: PlantedBug): EventStoreSubject =>
  'plant' in planted ? withBug(planted, subjectOf(InMemoryEventStore)) : subjectOf(planted.Store);

eventStoreContract({ name: 'The store in memory', ...subjectOf(InMemoryEventStore) });

describe('The contract of EventStore sees', () => {
  it.each(plantedEventStoreBugs.map((planted) => [planted.bug, planted] as const))('a store that %s', async (_, planted) => {
    const clause = eventStoreClauses.find(({ name }) => name === planted.caughtBy);
    if (!clause) throw new Error(`No clause is named "${planted.caughtBy}"`);
    await expect(clause.check({ ...faulty(planted), patienceMs: 200 })).rejects.toThrow();
  });

  it('something with every clause', () => {
    const proven = new Set(plantedEventStoreBugs.map(({ caughtBy }) => caughtBy));
    expect(eventStoreClauses.map(({ name }) => name).filter((name) => !proven.has(name))).toEqual([]);
  });
});
