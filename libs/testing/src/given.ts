import { type Decider, isRefusal, type NewEvent } from '@regulars/kernel';

/** What a decision came to: the names and data of its events, or the code of its refusal. */
export type Decided<Event> = readonly Event[] | string;

/**
 * Given/when/then for a decider: `specOf(receipt).given(record).when(void)` decides the commands one after the other (each of the given must be
 * accepted), then answers the events of the last, or the code it is refused with.
 */
export function specOf<Command, Event extends NewEvent<string, unknown>, State>(decider: Decider<Command, Event, State>) {
  const apply = (state: State, command: Command): State => {
    const decided = decider.decide(command, state);
    if (isRefusal(decided)) throw new Error(`given: refused with ${decided.code}`);
    return decided.reduce((folded, event) => decider.evolve(folded, throughJson(event)), state);
  };
  return {
    given: (...commands: readonly Command[]) => ({
      when: (command: Command): Decided<Event> => {
        const decided = decider.decide(command, commands.reduce(apply, decider.initialState()));
        return isRefusal(decided) ? decided.code : decided.map(throughJson);
      },
    }),
  };
}

/** As the store would give it back. */
function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
