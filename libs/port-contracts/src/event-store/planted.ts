import type { EventStore } from '@regulars/ports';
import type { FaultAtThePort } from '@regulars/testing';
import type { EventStoreSubject } from './clause';

/** The subject with a planted bug laid over each of its stores. */
export function withBug({ plant }: FaultAtThePort, subject: EventStoreSubject): EventStoreSubject {
  const honest = new Map<EventStore, EventStore>();
  const faulty = (store: EventStore): EventStore => {
    const planted = plant(store);
    honest.set(planted, store);
    return planted;
  };
  const below = (store: EventStore): EventStore => honest.get(store) ?? store;
  const { reopen } = subject;
  return {
    ...subject,
    create: async () => faulty(await subject.create()),
    ...(reopen ? { reopen: async (store: EventStore) => faulty(await reopen(below(store))) } : {}),
    dispose: (store) => subject.dispose(below(store)),
  };
}
