import { fixedClock } from '@regulars/kernel';
import type { EventToAppend, StoredEvent } from '@regulars/kernel';
import type { ConsumeOptions, DeliveredMessage, Message, Publisher } from '@regulars/ports';
import { InMemoryEventStore } from '@regulars/testing';
import { openLogBus } from './log-bus';

const eventOf = (number: number, type = 'order.placed.v1'): EventToAppend => ({
  id: `event-${number}`,
  type,
  occurredAt: '2026-03-01T10:00:00.000Z',
  data: { lines: number },
  chain: 'demo',
  correlationId: 'c',
});

function messageOf({ id, occurredAt, chain, correlationId }: StoredEvent, part: number, topic: string): Message {
  return {
    id: `${id}-${topic}-${part}`,
    type: 'line.sold.v1',
    topic,
    key: id,
    occurredAt,
    chain,
    correlationId,
    causationId: id,
    data: { part },
  };
}

/** As many messages as the event has lines. */
const lines: Publisher = (event) =>
  event.type === 'order.placed.v1' ? Array.from({ length: Number(event.data.lines) }, (_, part) => messageOf(event, part, 'lines')) : [];
const audit: Publisher = (event) => (event.type === 'order.placed.v1' ? [messageOf(event, 0, 'audit')] : []);

interface Batch {
  readonly messages: readonly DeliveredMessage[];
  readonly upTo: string | undefined;
}

describe('messages derived from the event log', () => {
  let eventStore: InMemoryEventStore;
  const append = async (...events: EventToAppend[]): Promise<void> => {
    await eventStore.appendMany(events.map((event) => ({ streamId: event.id, expected: 'no-stream' as const, events: [event] })));
  };
  const open = (publishers: readonly Publisher[] = [lines, audit]) => openLogBus({ eventStore, publishers, chain: 'demo' });
  beforeEach(() => {
    eventStore = new InMemoryEventStore(fixedClock(Date.parse('2026-03-01T10:00:00Z')));
  });

  /** All batches until the bus says it has caught up. */
  async function consume(options: Partial<ConsumeOptions>, publishers?: readonly Publisher[]): Promise<Batch[]> {
    const batches: Batch[] = [];
    await new Promise<void>((resolve, reject) => {
      const consumption = open(publishers).consume({
        group: 'spec',
        topics: ['lines'],
        from: {},
        ...options,
        onBatch: async (messages, upTo) => void batches.push({ messages, upTo: upTo.log }),
        onCaughtUp: () => void consumption.close().then(resolve),
      });
      consumption.ended.catch(reject);
    });
    return batches;
  }

  const positionOf = async (id: string): Promise<string | undefined> => (await eventStore.readStream(id))[0]?.position;

  test('carry the position of their event; the messages of one event are never parted', async () => {
    await append(eventOf(2), eventOf(3), eventOf(0), eventOf(5), eventOf(1));
    const batches = await consume({ batchMessagesMax: 4 });
    const all = batches.flatMap(({ messages }) => messages);
    expect(all.map(({ id }) => id)).toEqual(
      [2, 3, 5, 1].flatMap((count) => Array.from({ length: count }, (_, part) => `event-${count}-lines-${part}`)),
    );
    for (const { source, position, key } of all) expect([source, position]).toEqual(['log', await positionOf(key)]);
    const positionsOf = (messages: readonly DeliveredMessage[]): Set<string> => new Set(messages.map(({ position }) => position));
    expect(batches.flatMap(({ messages }) => [...positionsOf(messages)])).toEqual([...positionsOf(all)]);
    // Only one event that alone is too large makes a larger batch.
    for (const { messages } of batches) expect(messages.length <= 4 || new Set(messages.map(({ key }) => key)).size === 1).toBe(true);
  });

  test('that nobody asked for give one empty batch, so that the consumer can go on', async () => {
    await append(eventOf(1), eventOf(2), eventOf(3));
    expect(await consume({ topics: ['nothing'] })).toEqual([{ messages: [], upTo: await eventStore.head() }]);
  });

  test('go on after the position a consumer remembers, event by event', async () => {
    await append(eventOf(1), eventOf(2), eventOf(3));
    const from = { log: (await positionOf('event-2')) ?? '' };
    const batches = await consume({ from });
    expect(batches.flatMap(({ messages }) => messages.map(({ key }) => key))).toEqual(['event-3', 'event-3', 'event-3']);
    expect(batches.at(-1)?.upTo).toBe(await eventStore.head());
  });

  test('end the consumption when a publisher throws: nothing is skipped', async () => {
    await append(eventOf(1));
    const broken: Publisher = () => {
      throw new Error('broken publisher');
    };
    await expect(consume({}, [broken])).rejects.toThrow('broken publisher');
  });

  test('stand beside published ones, which a repeat does not double and another chain may not send', async () => {
    const bus = open();
    const message: Message = {
      ...messageOf({ ...eventOf(9), streamId: '', revision: 0, position: '', recordedAt: '' }, 0, 'lines'),
      id: 'sent',
    };
    await bus.publish([message, message]);
    await append(eventOf(1));
    await bus.publish([message]);
    expect((await consume({})).flatMap(({ messages }) => messages.map(({ id }) => id))).toEqual(['sent', 'event-1-lines-0']);
    await expect(bus.publish([{ ...message, chain: 'another' }])).rejects.toThrow(TypeError);
    expect(() => bus.consume({ group: 'g', topics: ['lines'], from: {}, onBatch: async () => undefined, batchMessagesMax: 0 })).toThrow(
      RangeError,
    );
  });
});
