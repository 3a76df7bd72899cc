import type { NewEvent } from './envelope';
import type { Refusal } from './refusal';

/**
 * One consistency boundary as three pure functions. `decide` gets everything it needs in the command, times and
 * ids included; it never reads a clock, a random number or a store.
 */
export interface Decider<Command, Event extends NewEvent<string, unknown>, State> {
  readonly initialState: () => State;
  /** Folds one event into the state. Must accept every event the stream may hold. */
  readonly evolve: (state: State, event: Pick<Event, 'type' | 'data'>) => State;
  /** The events that follow from a command; none when it changes nothing; a refusal when it may not be. */
  readonly decide: (command: Command, state: State) => readonly Event[] | Refusal;
}
