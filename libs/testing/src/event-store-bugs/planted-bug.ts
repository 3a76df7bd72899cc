import type { Clock } from '@regulars/kernel';
import type { EventStore } from '@regulars/ports';
import type { InMemoryEventStore } from '../in-memory-event-store';

/** An event store with one fault in it, to prove that a contract clause can fail. */
export type PlantedBug = FaultAtThePort | FaultWithin;

interface Fault {
  /** What is wrong with it. */
  readonly bug: string;
  /** The name of a clause that must see it. */
  readonly caughtBy: string;
}

/** One that lies over any honest store. */
export interface FaultAtThePort extends Fault {
  readonly plant: (honest: EventStore) => EventStore;
}

/** One in the inner workings of the store in memory. */
export interface FaultWithin extends Fault {
  readonly Store: new (clock: Clock) => InMemoryEventStore;
}
