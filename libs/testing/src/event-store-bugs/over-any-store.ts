import type { StoredEvent } from '@regulars/kernel';
import type { Append, AppendOutcome, EventStore, Subscription } from '@regulars/ports';
import type { FaultAtThePort } from './planted-bug';

type Patch = (honest: EventStore) => Partial<EventStore>;

/** A fault at the port, laid over any honest store. */
export function storeBug(bug: string, caughtBy: string, patch: Patch): FaultAtThePort {
  return {
    bug,
    caughtBy,
    plant: (honest) => ({
      append: (append) => honest.append(append),
      appendMany: (appends) => honest.appendMany(appends),
      readStream: (streamId, options) => honest.readStream(streamId, options),
      readAll: (after, batchEventsMax) => honest.readAll(after, batchEventsMax),
      subscribe: (options) => honest.subscribe(options),
      head: () => honest.head(),
      close: () => honest.close(),
      ...patch(honest),
    }),
  };
}

/** A fault in the answers to appends. */
export function outcomeBug(
  bug: string,
  caughtBy: string,
  change: (outcome: AppendOutcome, append: Append, honest: EventStore) => AppendOutcome | Promise<AppendOutcome>,
): FaultAtThePort {
  return storeBug(bug, caughtBy, (honest) => ({
    append: async (append) => change(await honest.append(append), append, honest),
    appendMany: async (appends) => {
      const outcomes = await honest.appendMany(appends);
      return Promise.all(appends.map(async (append, index) => change(outcomes[index] as AppendOutcome, append, honest)));
    },
  }));
}

/** A fault in every event that is read or handed over. */
export function eventBug(bug: string, caughtBy: string, change: (event: StoredEvent) => StoredEvent): FaultAtThePort {
  return storeBug(bug, caughtBy, (honest) => ({
    readStream: async (streamId, options) => (await honest.readStream(streamId, options)).map(change),
    readAll: async function* (after, batchEventsMax) {
      for await (const batch of honest.readAll(after, batchEventsMax)) yield batch.map(change);
    },
    subscribe: (options) => honest.subscribe({ ...options, onBatch: (events) => options.onBatch(events.map(change)) }),
  }));
}

/** A fault in what is taken for the same stream. */
export function streamBug(bug: string, caughtBy: string, change: (streamId: string) => string): FaultAtThePort {
  const changed = (append: Append): Append => ({ ...append, streamId: change(append.streamId) });
  return storeBug(bug, caughtBy, (honest) => ({
    append: (append) => honest.append(changed(append)),
    appendMany: (appends) => honest.appendMany(appends.map(changed)),
    readStream: (streamId, options) => honest.readStream(change(streamId), options),
  }));
}

/** A fault in how a subscription is asked for, or in the one that comes of it. */
export function subscribeBug(
  bug: string,
  caughtBy: string,
  subscribe: (honest: EventStore, options: Parameters<EventStore['subscribe']>[0]) => Subscription,
): FaultAtThePort {
  return storeBug(bug, caughtBy, (honest) => ({ subscribe: (options) => subscribe(honest, options) }));
}
