import {
  type Causation,
  type Decider,
  type EventToAppend,
  isRefusal,
  type NewEvent,
  type Position,
  type Refusal,
  type StoredEvent,
} from '@regulars/kernel';
import type { Append, AppendOutcome, EventStore, ExpectedRevision } from '@regulars/ports';

/** How often a command is decided while somebody else keeps writing to its stream first. */
const ATTEMPTS_MAX = 8;

/** A command for one stream, with what is stored beside its events. */
export interface StreamCommand<Command> extends Causation {
  readonly streamId: string;
  readonly command: Command;
  readonly chain: string;
  readonly store?: string | undefined;
}

/** What became of a command. */
export type CommandResult<Event> =
  | { readonly outcome: 'done'; readonly events: readonly Event[]; readonly position: Position; readonly revision: number }
  /** The decider had nothing to add: it was done before. `history` is the stream as it stands. */
  | { readonly outcome: 'unchanged'; readonly history: readonly StoredEvent[] }
  | { readonly outcome: 'refused'; readonly refusal: Refusal; readonly history: readonly StoredEvent[] };

/** Options of `handleCommands`. */
export interface HandleOptions {
  /**
   * Decide first as if the streams were empty and let the store find those that are not: saves the read where nearly
   * all streams are new, as with receipts. Default false.
   */
  readonly expectNew?: boolean;
}

interface Pending<Command> {
  readonly place: number;
  readonly request: StreamCommand<Command>;
  history: readonly StoredEvent[];
  conflicts: number;
}

/**
 * Loads, decides and appends commands, many in one round trip; each stream on its own. When another writer was
 * first, the command is decided again on what is there now (at most 8 times, then it throws). Results are in the order of the requests;
 * commands for the same stream take effect in that order.
 */
export async function handleCommands<Command, Event extends NewEvent<string, unknown>, State>(
  store: EventStore,
  decider: Decider<Command, Event, State>,
  requests: readonly StreamCommand<Command>[],
  options: HandleOptions = {},
): Promise<readonly CommandResult<Event>[]> {
  const results = new Array<CommandResult<Event>>(requests.length);
  let pending: Pending<Command>[] = requests.map((request, place) => ({ place, request, history: [], conflicts: 0 }));
  // Every round settles one command of each stream at least, or counts a conflict against it.
  for (let round = 0; pending.length > 0; round++) {
    if (round > 0 || !options.expectNew) await loadHistories(store, pending);
    pending = await decideAndAppend(store, decider, pending, results);
  }
  return results;
}

/** `handleCommands` for a single one. */
export async function handleCommand<Command, Event extends NewEvent<string, unknown>, State>(
  store: EventStore,
  decider: Decider<Command, Event, State>,
  request: StreamCommand<Command>,
  options?: HandleOptions,
): Promise<CommandResult<Event>> {
  const [result] = await handleCommands(store, decider, [request], options);
  if (!result) throw new Error('no result');
  return result;
}

/** The state a stream's events fold to. */
export function fold<Command, Event extends NewEvent<string, unknown>, State>(
  decider: Decider<Command, Event, State>,
  history: readonly StoredEvent[],
): State {
  return history.reduce((state, event) => decider.evolve(state, event as unknown as Event), decider.initialState());
}

async function loadHistories<Command>(store: EventStore, pending: readonly Pending<Command>[]): Promise<void> {
  const histories = new Map<string, readonly StoredEvent[]>();
  for (const item of pending) {
    const { streamId } = item.request;
    item.history = histories.get(streamId) ?? (await store.readStream(streamId));
    histories.set(streamId, item.history);
  }
}

async function decideAndAppend<Command, Event extends NewEvent<string, unknown>, State>(
  store: EventStore,
  decider: Decider<Command, Event, State>,
  pending: readonly Pending<Command>[],
  results: CommandResult<Event>[],
): Promise<Pending<Command>[]> {
  const appends: Append[] = [];
  const writers: { item: Pending<Command>; events: readonly Event[] }[] = [];
  const writtenTo = new Set<string>();
  const later: Pending<Command>[] = [];
  for (const item of pending) {
    if (writtenTo.has(item.request.streamId)) {
      // It is decided on what this round writes to its stream: in the next.
      later.push(item);
      continue;
    }
    const state = item.history.length === 0 ? decider.initialState() : fold(decider, item.history);
    const decision = decider.decide(item.request.command, state);
    if (isRefusal(decision)) {
      results[item.place] = { outcome: 'refused', refusal: decision, history: item.history };
    } else if (decision.length === 0) {
      results[item.place] = { outcome: 'unchanged', history: item.history };
    } else {
      appends.push({
        streamId: item.request.streamId,
        expected: expectedRevision(item.history),
        events: withContext(decision, item.request),
      });
      writers.push({ item, events: decision });
      writtenTo.add(item.request.streamId);
    }
  }
  const outcomes: readonly AppendOutcome[] = appends.length > 0 ? await store.appendMany(appends) : [];
  const again: Pending<Command>[] = [];
  const conflict = (item: Pending<Command>) => {
    item.conflicts++;
    if (item.conflicts === ATTEMPTS_MAX) throw new Error(`Gave up after ${ATTEMPTS_MAX} revision conflicts on ${item.request.streamId}`);
    again.push(item);
  };
  outcomes.forEach((outcome, index) => {
    const { item, events } = writers[index] as (typeof writers)[number];
    // A repeat has the same event ids, but only the decider can tell whether it has the same content as well.
    if (outcome.outcome === 'conflict' || outcome.repeated) conflict(item);
    else results[item.place] = { outcome: 'done', events, position: outcome.position, revision: outcome.revision };
  });
  return [...again, ...later];
}

function expectedRevision(history: readonly StoredEvent[]): ExpectedRevision {
  return history.at(-1)?.revision ?? 'no-stream';
}

function withContext<Event extends NewEvent<string, unknown>>(events: readonly Event[], request: StreamCommand<unknown>): EventToAppend[] {
  const { chain, store, correlationId, causationId, traceparent } = request;
  return events.map((event) => ({
    id: event.id,
    type: event.type,
    occurredAt: event.occurredAt,
    data: event.data as EventToAppend['data'],
    correlationId,
    causationId,
    traceparent,
    chain,
    store,
  }));
}
