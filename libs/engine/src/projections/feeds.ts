import type { StoredEvent } from '@regulars/kernel';
import type { DeliveredMessage, EventBus, EventStore } from '@regulars/ports';
import { type Feed, LOG_SOURCE } from './projection';

/** All events of a service's own event store. */
export function eventStoreFeed(store: EventStore): Feed<StoredEvent> {
  return ({ from, onBatch, onCaughtUp }) =>
    store.subscribe({
      after: from[LOG_SOURCE],
      onBatch: (events) => {
        const last = events.at(-1);
        return last ? onBatch(events, { [LOG_SOURCE]: last.position }) : Promise.resolve();
      },
      onCaughtUp,
    });
}

/** The messages of some topics on the bus. */
export function busFeed(bus: EventBus, group: string, topics: readonly string[]): Feed<DeliveredMessage> {
  return ({ from, onBatch, onCaughtUp }) => bus.consume({ group, topics, from, onBatch, onCaughtUp });
}
