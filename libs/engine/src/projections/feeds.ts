import type { Position, StoredEvent } from '@regulars/kernel';
import type { DeliveredMessage, EventBus, EventStore } from '@regulars/ports';
import { type Feed, LOG_SOURCE } from './projection';

/** All events of a service's own event store. */
export function eventStoreFeed(store: EventStore): Feed<StoredEvent> {
  const feed: Feed<StoredEvent> = ({ from, onBatch, onCaughtUp }) =>
    store.subscribe({
      after: from[LOG_SOURCE],
      onBatch: (events) => {
        const last = events.at(-1);
        return last ? onBatch(events, { [LOG_SOURCE]: last.position }) : Promise.resolve();
      },
      onCaughtUp,
    });
  return Object.assign(feed, { firstAfter: firstRecordedAfter(store) });
}

/** When the first event after a position was recorded; undefined where there is none. Reads one event. */
export function firstRecordedAfter(store: EventStore): (position: Position | undefined) => Promise<string | undefined> {
  return async (position) => {
    for await (const [first] of store.readAll(position, 1)) return first?.recordedAt;
    return undefined;
  };
}

/**
 * The messages of some topics on the bus. Each version follows in a group of its own, `<group>@<version>`. `firstAfter`: the look-up in
 * the event store, for a bus that derives its messages from one and so has no watermarks.
 */
export function busFeed(
  bus: EventBus,
  group: string,
  topics: readonly string[],
  firstAfter?: Feed<DeliveredMessage>['firstAfter'],
): Feed<DeliveredMessage> {
  const feed: Feed<DeliveredMessage> = ({ from, version, onBatch, onCaughtUp, onSources, onWatermark }) => {
    const held = new Set<string>();
    // A source may go and come back: it goes on where it had got to.
    const at: Record<string, Position> = { ...from };
    return bus.consume({
      group: `${group}@${version}`,
      topics,
      from: async (sources) => {
        for (const source of sources) held.add(source);
        await onSources([...held]);
        return at;
      },
      onRevoked: async (sources) => {
        for (const source of sources) held.delete(source);
        // None left: it has ended, and whoever restarts it goes on with what it followed.
        if (held.size > 0) await onSources([...held]);
      },
      onBatch: async (messages, upTo) => {
        await onBatch(messages, upTo);
        Object.assign(at, upTo);
      },
      onCaughtUp,
      onWatermark,
    });
  };
  return Object.assign(feed, { firstAfter });
}
