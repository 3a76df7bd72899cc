import type { Clock } from '@regulars/kernel';
import type { InMemoryEventStore } from '../in-memory-event-store';

/** A store with one fault in it, to prove that a contract clause can fail. */
export interface PlantedBug {
  /** What is wrong with it. */
  readonly bug: string;
  /** The name of a clause that must see it. */
  readonly caughtBy: string;
  readonly Store: new (clock: Clock) => InMemoryEventStore;
}
