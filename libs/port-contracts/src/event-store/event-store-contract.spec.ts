import { fixedClock } from '@regulars/kernel';
import type { EventStore } from '@regulars/ports';
import { InMemoryEventStore, plantedEventStoreBugs } from '@regulars/testing';
import { eventStoreClauses, eventStoreContract, type EventStoreSubject } from './event-store-contract';

function subjectOf(Store: new (clock: ReturnType<typeof fixedClock>) => InMemoryEventStore): EventStoreSubject {
  return {
    create: async () => new Store(fixedClock(Date.UTC(2026, 0, 1))),
    reopen: (store: EventStore) => (store as InMemoryEventStore).reopen(),
    dispose: (store) => store.close(),
  };
}

eventStoreContract({ name: 'The store in memory', ...subjectOf(InMemoryEventStore) });

describe('The contract of EventStore sees', () => {
  it.each(plantedEventStoreBugs.map(({ bug, caughtBy, Store }) => [bug, caughtBy, Store] as const))(
    'a store that %s',
    async (_, caughtBy, Store) => {
      const clause = eventStoreClauses.find(({ name }) => name === caughtBy);
      if (!clause) throw new Error(`No clause is named "${caughtBy}"`);
      await expect(clause.check({ ...subjectOf(Store), patienceMs: 200 })).rejects.toThrow();
    },
  );

  it('something with every clause', () => {
    const proven = new Set(plantedEventStoreBugs.map(({ caughtBy }) => caughtBy));
    expect(eventStoreClauses.map(({ name }) => name).filter((name) => !proven.has(name))).toEqual([]);
  });
});
