import { fixedClock, type JsonObject, naturalId, type StoredEvent } from '@regulars/kernel';
import { InMemoryEventStore } from '@regulars/testing';
import type { DocumentProjectionDefinition } from '../src';

/** The words said to each listener, in order. */
export interface Heard extends JsonObject {
  readonly words: readonly string[];
}

/** Said to listeners, one or more by commas; `bad` words are poison until they are `forgiven`. */
export function heardProjection(forgiven: ReadonlySet<string> = new Set()): DocumentProjectionDefinition<Heard> {
  return {
    name: 'heard',
    indexes: [],
    handles: ['word.said.v1'],
    idsOf: ({ data }) => String(data['to']).split(','),
    evolve(before, { data }) {
      const word = String(data['word']);
      if (word.startsWith('bad') && !forgiven.has(word)) throw new Error(`cannot hear ${word}`);
      return { words: [...(before?.words ?? []), word] };
    },
  };
}

export const newEventStore = () => new InMemoryEventStore(fixedClock(0));

/** Says words, each `listener[,listener]:word`; a word to `nobody` is of a type that is not handled. Answers the position of the last. */
export async function say(store: InMemoryEventStore, ...sayings: readonly string[]): Promise<string> {
  for (const saying of sayings) {
    const [to = '', word = ''] = saying.split(':');
    const stream = await store.readStream(to);
    const id = naturalId('word', to, String(stream.length));
    const type = to === 'nobody' ? 'word.thought.v1' : 'word.said.v1';
    const event = { id, type, occurredAt: '2026-03-01T09:00:00.000Z', data: { to, word }, chain: 'demo', correlationId: 'c1' };
    await store.append({ streamId: to, expected: stream.length === 0 ? 'no-stream' : stream.length - 1, events: [event] });
  }
  return (await store.head()) ?? '';
}

/** All events of a store, in order. */
export async function eventsOf(store: InMemoryEventStore): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const batch of store.readAll()) events.push(...batch);
  return events;
}

/** An event store in which words have been said. */
export async function saidStore(...sayings: readonly string[]): Promise<InMemoryEventStore> {
  const events = newEventStore();
  await say(events, ...sayings);
  return events;
}
