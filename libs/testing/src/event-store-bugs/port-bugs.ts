import type { StoredEvent } from '@regulars/kernel';
import type { Append, AppendOutcome, EventStore } from '@regulars/ports';
import { eventBug, outcomeBug, storeBug, streamBug, subscribeBug } from './over-any-store';
import type { FaultAtThePort } from './planted-bug';

const EXPECTED = 'an append that expects another revision is refused with the actual one, and writes nothing';
const IN_ORDER = 'revisions are 0, 1, 2 … without gaps, in the order given';
const MANY = 'appendMany decides each append on its own and answers in the order given';
const ONLY_DATA = 'a stream id is only data: no two different ids share a stream';
const AS_GIVEN = 'data and envelope come back as they were given';
const READ_FORWARDS = 'a stream is read forwards and backwards, up to a limit';
const BATCHES = 'batches are never larger than asked for, never empty';
const ONE_AT_A_TIME = 'one batch at a time, of no more events than asked for: the next waits for the handler';
const THROWS = 'a handler that throws ends its subscription with that error, and no other';
const CLOSING = 'close waits for the batch under way and ends the subscription';
const CAUGHT_UP = 'the subscriber is told when it has caught up';

const conflict: AppendOutcome = { outcome: 'conflict', actual: 'no-stream' };
const isRepeat = (outcome: AppendOutcome) => outcome.outcome === 'appended' && outcome.repeated;
const lengthOf = async (store: EventStore, streamId: string) => (await store.readStream(streamId)).length;
const isExpected = async (store: EventStore, { streamId, expected }: Append) =>
  (await lengthOf(store, streamId)) === (expected === 'no-stream' ? 0 : expected + 1);
const withJson = (event: StoredEvent, change: (key: string, value: unknown) => unknown) =>
  JSON.parse(JSON.stringify(event, change)) as StoredEvent;

/** Faults that show at the port and so lie over any store. */
export const portBugs: readonly FaultAtThePort[] = [
  storeBug('ignores the expected revision', EXPECTED, (honest) => ({
    append: async (append) => {
      const length = await lengthOf(honest, append.streamId);
      return honest.append({ ...append, expected: length === 0 ? 'no-stream' : length - 1 });
    },
  })),
  outcomeBug('tells a conflict without the actual revision', EXPECTED, (outcome, { expected }) =>
    outcome.outcome === 'conflict' ? { outcome: 'conflict', actual: expected } : outcome,
  ),
  eventBug('numbers each append one revision too high', IN_ORDER, (event) => ({
    ...event,
    revision: event.revision && event.revision + 1,
  })),
  storeBug('stores the events of an append in reverse', IN_ORDER, (honest) => ({
    append: (append) => honest.append({ ...append, events: [...append.events].reverse() }),
  })),
  storeBug('refuses a whole appendMany for one conflict in it', MANY, (honest) => ({
    appendMany: async (appends) => {
      const fine = await Promise.all(appends.map((append) => isExpected(honest, append)));
      return fine.every(Boolean) ? honest.appendMany(appends) : appends.map(() => conflict);
    },
  })),
  storeBug(
    'checks all appends of a call before it stores any',
    'the same stream may come twice in one appendMany; order counts',
    (honest) => ({
      appendMany: async (appends) => {
        const fine = await Promise.all(appends.map((append) => isExpected(honest, append)));
        const outcomes: AppendOutcome[] = [];
        for (const [index, append] of appends.entries()) outcomes.push(fine[index] ? await honest.append(append) : conflict);
        return outcomes;
      },
    }),
  ),
  storeBug('takes an append without events', 'an append without events is refused', (honest) => ({
    append: async (append) => (append.events.length === 0 ? conflict : honest.append(append)),
  })),
  streamBug('takes stream ids that differ in case for one', ONLY_DATA, (streamId) => streamId.toLowerCase()),
  streamBug('normalises stream ids', ONLY_DATA, (streamId) => streamId.normalize('NFC')),
  eventBug('loses the member __proto__ of data', AS_GIVEN, (event) =>
    withJson(event, (key, value) => (key === '__proto__' ? undefined : value)),
  ),
  eventBug('forgets what caused an event', AS_GIVEN, (event) => ({ ...event, causationId: undefined })),
  eventBug('cuts large texts', 'large events come back whole', (event) =>
    withJson(event, (_, value) => (typeof value === 'string' ? value.slice(0, 65_535) : value)),
  ),
  outcomeBug('takes a repeat for a conflict', 'a repeated append writes nothing and answers the first result', (outcome) =>
    isRepeat(outcome) ? conflict : outcome,
  ),
  outcomeBug(
    'answers a repeat with where the stream is now',
    'a repeat is still one after the stream has gone on',
    async (outcome, append, honest) =>
      outcome.outcome === 'appended' && outcome.repeated
        ? { ...outcome, revision: (await lengthOf(honest, append.streamId)) - 1 }
        : outcome,
  ),
  outcomeBug('says of every repeat that it is new', 'the same append from many at once is written once', (outcome) =>
    isRepeat(outcome) ? { ...outcome, repeated: false } : outcome,
  ),
  storeBug('has a head while it is empty', 'an empty store has no head, no events and no streams', (honest) => ({
    head: async () => (await honest.head()) ?? '000000000000',
  })),
  storeBug('always reads forwards', READ_FORWARDS, (honest) => ({
    readStream: (streamId, options) => honest.readStream(streamId, { ...options, direction: 'forwards' }),
  })),
  storeBug('ignores the limit', READ_FORWARDS, (honest) => ({
    readStream: (streamId, { direction = 'forwards' } = {}) => honest.readStream(streamId, { direction }),
  })),
  storeBug('limits from the other end', READ_FORWARDS, (honest) => ({
    readStream: async (streamId, { direction = 'forwards', limit } = {}) => {
      const events = await honest.readStream(streamId, { direction });
      return limit === undefined ? events : events.slice(-limit);
    },
  })),
  storeBug('skips the first event of every batch but the first', 'reading from any position gives exactly what follows it', (honest) => ({
    readAll: async function* (after, batchEventsMax) {
      let isFirst = true;
      for await (const batch of honest.readAll(after, batchEventsMax)) {
        const events = isFirst ? batch : batch.slice(1);
        if (events.length > 0) yield events;
        isFirst = false;
      }
    },
  })),
  storeBug('gives everything in one batch', BATCHES, (honest) => ({ readAll: (after) => honest.readAll(after) })),
  storeBug('ends with an empty batch', BATCHES, (honest) => ({
    readAll: async function* (after, batchEventsMax) {
      yield* honest.readAll(after, batchEventsMax);
      yield [];
    },
  })),
  storeBug('has a head one event behind', 'head is the position of the last event', (honest) => ({
    head: async () => {
      const events: StoredEvent[] = [];
      for await (const batch of honest.readAll()) events.push(...batch);
      return (events.at(-2) ?? events.at(-1))?.position;
    },
  })),
  subscribeBug('always starts at the first event', 'a subscription from any position gets exactly what follows it', (honest, options) =>
    honest.subscribe({ ...options, after: undefined }),
  ),
  subscribeBug('does not wait for the handler', ONE_AT_A_TIME, (honest, options) =>
    honest.subscribe({ ...options, onBatch: async (events) => void options.onBatch(events).catch(() => undefined) }),
  ),
  subscribeBug('ignores the size of a batch', ONE_AT_A_TIME, (honest, options) => honest.subscribe({ ...options, batchEventsMax: 1000 })),
  subscribeBug('goes on after the handler has thrown', THROWS, (honest, options) =>
    honest.subscribe({ ...options, onBatch: (events) => options.onBatch(events).catch(() => undefined) }),
  ),
  subscribeBug('ends quietly when the handler throws', THROWS, (honest, options) => {
    const subscription = honest.subscribe(options);
    return { close: () => subscription.close(), ended: subscription.ended.catch(() => undefined) };
  }),
  subscribeBug('does not stop when it is closed', CLOSING, (honest, options) => {
    const { ended } = honest.subscribe(options);
    return { ended, close: () => Promise.resolve() };
  }),
  subscribeBug('says it is closed while the handler is running', CLOSING, (honest, options) => {
    const subscription = honest.subscribe(options);
    return { ended: subscription.ended, close: async () => void subscription.close() };
  }),
  storeBug('hands over to its subscribers in turn, each waiting for the others', 'a slow subscriber holds up nobody', (honest) => {
    let turn: Promise<void> = Promise.resolve();
    return {
      subscribe: (options) => {
        const onBatch = (events: readonly StoredEvent[]): Promise<void> => {
          const mine = turn.then(() => options.onBatch(events));
          turn = mine.catch(() => undefined);
          return mine;
        };
        return honest.subscribe({ ...options, onBatch });
      },
    };
  }),
  subscribeBug('says it has caught up before it has', CAUGHT_UP, (honest, options) =>
    honest.subscribe({
      ...options,
      onBatch: async (events) => {
        options.onCaughtUp?.();
        await options.onBatch(events);
      },
    }),
  ),
  subscribeBug('never says that it has caught up', CAUGHT_UP, (honest, options) =>
    honest.subscribe({ ...options, onCaughtUp: () => undefined }),
  ),
];
