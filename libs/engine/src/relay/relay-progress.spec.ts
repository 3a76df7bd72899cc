import type { EventToAppend } from '@regulars/kernel';
import type { Message, RelayBatch, RelayedBus } from '@regulars/ports';
import { InMemoryDocumentStore, InMemoryEventStore } from '@regulars/testing';
import { settle, VirtualTime } from '../../spec-support/virtual-time';
import { type Relay, startRelay } from './relay';
import type { RelayOptions } from './relay-options';

const TOPIC = 'things.v1';

/** Writes down what it is given, and when. */
class RecordingBus {
  readonly batches: (RelayBatch & { readonly atMs: number })[] = [];
  fault: Error | undefined;

  constructor(private readonly time: VirtualTime) {}

  async relay(batch: RelayBatch): Promise<void> {
    if (this.fault) throw this.fault;
    this.batches.push({ ...batch, atMs: this.time.now() });
  }

  watermarks(): { readonly atMs: number; readonly logPosition: string; readonly observedAt: string }[] {
    return this.batches.flatMap(({ watermark, atMs }) => (watermark ? [{ ...watermark, atMs }] : []));
  }
}

describe('a relay at work', () => {
  let time: VirtualTime;
  let eventStore: InMemoryEventStore;
  let documents: InMemoryDocumentStore;
  let bus: RecordingBus;
  let reports: string[];
  const relays: Relay[] = [];

  beforeEach(() => {
    time = new VirtualTime();
    eventStore = new InMemoryEventStore(time);
    documents = new InMemoryDocumentStore();
    bus = new RecordingBus(time);
    reports = [];
  });
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.close()));
    await eventStore.close();
  });

  const publisher = ({ id, occurredAt, chain, correlationId }: EventToAppend): Message[] => [
    { id, type: 'thing.done.v1', topic: TOPIC, key: id, occurredAt, chain, correlationId, data: {} },
  ];

  function start(some: Partial<RelayOptions> = {}): Relay {
    const relay = startRelay({
      name: 'relay',
      eventStore,
      bus: bus as unknown as RelayedBus,
      publishers: [publisher],
      topics: [TOPIC],
      documents,
      holder: `process-${relays.length}`,
      clock: time,
      monotonicMs: () => time.now(),
      pause: (ms, stopped) => time.pause(ms, stopped),
      report: (event, { reason }) => void reports.push(reason ? `${event}: ${reason}` : event),
      ...some,
    });
    relays.push(relay);
    return relay;
  }

  async function append(...ids: string[]): Promise<void> {
    for (const id of ids) {
      const event = { id, type: 'thing.done.v1', occurredAt: '2026-03-01T10:00:00.000Z', data: {}, chain: 'demo', correlationId: 'c' };
      await eventStore.append({ streamId: id, expected: 'no-stream', events: [event] });
    }
    await settle();
  }

  test('says nothing of an empty log, and ever more rarely where it ends while nothing comes, ten seconds apart at last', async () => {
    start();
    await time.advance(5_000);
    expect(bus.batches).toEqual([]);
    await append('a');
    await time.advance(60_000);
    const told = bus.watermarks();
    const head = await eventStore.head();
    expect(new Set(told.map(({ logPosition }) => logPosition))).toEqual(new Set([head]));
    const seconds = told.map(({ atMs }, place) => Math.round((atMs - (told[place - 1]?.atMs ?? atMs)) / 1_000));
    expect(seconds).toEqual([0, 1, 2, 4, 8, 10, 10, 10, 10]);
    await append('b');
    await time.advance(1_200);
    expect(bus.watermarks().slice(told.length)).toHaveLength(2);
    for (const { observedAt, atMs } of told.slice(1)) expect(Date.parse(observedAt)).toBe(atMs);
  });

  test('tells at most every 100 ms, and soon after the last of many', async () => {
    start();
    await time.advance(1_000);
    for (let number = 0; number < 50; number++) {
      await append(`e-${number}`);
      await time.advance(10);
    }
    await time.advance(100);
    const told = bus.watermarks();
    for (const [place, { atMs }] of told.entries()) if (place > 0) expect(atMs - (told[place - 1]?.atMs ?? 0)).toBeGreaterThanOrEqual(100);
    expect(told.length).toBeGreaterThanOrEqual(4);
    expect(told.at(-1)?.logPosition).toBe(await eventStore.head());
  });

  test('numbers the messages of an event over all publishers and keeps the order of the log', async () => {
    const second = (event: EventToAppend): Message[] => publisher(event).map((message) => ({ ...message, id: `${message.id}-again` }));
    await append('a', 'b');
    start({ publishers: [publisher, second] });
    await time.advance(200);
    const messages = bus.batches.flatMap((batch) => batch.messages);
    expect(messages.map(({ id, ordinal }) => [id, ordinal])).toEqual([
      ['a', 0],
      ['a-again', 1],
      ['b', 0],
      ['b-again', 1],
    ]);
  });

  test('reports a fault and tries again from its checkpoint until it passes; meanwhile it is behind', async () => {
    const relay = start();
    await append('a');
    bus.fault = new Error('no broker');
    await append('b');
    await time.advance(3_000);
    expect(relay.status()).toMatchObject({ state: 'faulty', fault: 'no broker', behind: 3 });
    expect(reports).toContain('fault: no broker');
    bus.fault = undefined;
    await time.advance(6_000);
    expect(relay.status()).toMatchObject({ state: 'leading', behind: 0, position: await eventStore.head() });
    expect(relay.status().fault).toBeUndefined();
    expect(bus.batches.flatMap(({ messages }) => messages.map(({ id }) => id))).toEqual(['a', 'b']);
  });

  test('stops with a clear fault at a message for a topic that is not its own, and carries nothing behind it', async () => {
    const relay = start({ topics: ['others.v1'] });
    await append('a');
    await time.advance(1_000);
    expect(relay.status()).toMatchObject({ state: 'faulty', fault: expect.stringContaining(`"${TOPIC}"`) as string });
    expect(bus.batches).toEqual([]);
  });

  test('stands by while another leads, and takes over from where that one gave the lease back', async () => {
    const first = start();
    await append('a');
    const second = start();
    await time.advance(20_000);
    expect([first.status().state, second.status().state]).toEqual(['leading', 'standby']);
    await first.close();
    await time.advance(2_500);
    await append('b');
    expect(second.status().state).toBe('leading');
    expect(second.status().epoch).toBeGreaterThan(bus.batches[0]?.epoch ?? Infinity);
    expect(bus.batches.flatMap(({ messages }) => messages.map(({ id }) => id))).toEqual(['a', 'b']);
  });

  test('that is closed while the store has not yet confirmed its lease ends all the same, and carries nothing', async () => {
    await append('a');
    let confirm: () => void = () => undefined;
    const confirmed = new Promise<void>((resolve) => (confirm = resolve));
    const collection = documents.collection.bind(documents);
    let writes = 0;
    documents.collection = async (spec) => {
      const leases = await collection(spec);
      const write = leases.write.bind(leases);
      leases.write = async (asked) => {
        if (++writes === 2) await confirmed;
        return write(asked);
      };
      return leases as never;
    };
    const relay = start();
    await time.advance(0);
    expect(writes).toBe(2);
    const closed = relay.close().then(() => 'closed');
    confirm();
    await time.advance(60_000);
    expect(await Promise.race([closed, Promise.resolve('still at work')])).toBe('closed');
    expect(bus.batches).toEqual([]);
  });

  test('holds one batch at a time, however much waits', async () => {
    let [under, most] = [0, 0];
    await append(...Array.from({ length: 30 }, (_, number) => `e-${number}`));
    const relay = async (batch: RelayBatch): Promise<void> => {
      most = Math.max(most, ++under);
      await time.pause(150, new AbortController().signal);
      under--;
      bus.batches.push({ ...batch, atMs: time.now() });
    };
    start({ bus: { relay } as unknown as RelayedBus, batchEventsMax: 5 });
    await time.advance(5_000);
    expect(most).toBe(1);
    expect(Math.max(...bus.batches.map(({ messages }) => messages.length))).toBe(5);
    expect(bus.batches.flatMap(({ messages }) => messages)).toHaveLength(30);
  });
});
