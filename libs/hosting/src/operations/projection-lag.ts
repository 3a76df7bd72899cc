import { LOG_SOURCE, type LiveProjection } from '@regulars/engine';
import type { Clock, Position } from '@regulars/kernel';
import type { EventStore } from '@regulars/ports';

/**
 * How far a projection behind an event store is behind, in seconds: the age of the first event it has not taken in, 0 where there is
 * none. Reads one event at the most.
 */
export async function lagBehindLog(eventStore: Pick<EventStore, 'readAll'>, position: Position | undefined, clock: Clock): Promise<number> {
  for await (const [first] of eventStore.readAll(position, 1)) {
    if (first) return Math.max(0, clock.now() - Date.parse(first.recordedAt)) / 1_000;
  }
  return 0;
}

/** Where a live projection stands in its service's own log; undefined at the beginning. */
export function logPositionOf({ live }: LiveProjection): Position | undefined {
  return live.status().cursor[LOG_SOURCE];
}
