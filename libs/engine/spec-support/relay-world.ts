import assert from 'node:assert/strict';
import type { EventToAppend, StoredEvent } from '@regulars/kernel';
import type { DocumentStore, EventStore, Message, Publisher, RelayBatch, RelayedBus } from '@regulars/ports';
import { StoreUnavailable } from '@regulars/ports';
import { emptyPartitions, InMemoryDocumentStore, InMemoryEventBus, InMemoryEventStore } from '@regulars/testing';
import { type Relay, startRelay } from '../src/relay/relay';
import type { RelayOptions } from '../src/relay/relay-options';
import { CheckingConsumer } from './checking-consumer';
import { settle, VirtualTime } from './virtual-time';

const KEYS = ['anna', 'bert', 'carl', 'dora'];
const TOPIC = 'things.v1';
/** The lease of every relay here, in milliseconds. */
export const LEASE_MS = 10_000;

/** None, one or two messages of an event, by its number. */
const publisher: Publisher = (event) =>
  Array.from({ length: Number(event.data.number) % 3 }, (_, part) => messageOf(event, Number(event.data.number), part));

function messageOf({ id, occurredAt, chain, correlationId }: StoredEvent, number: number, part: number): Message {
  const key = KEYS[(number + part) % KEYS.length] as string;
  return { id: `${id}-${part}`, type: 'thing.done.v1', topic: TOPIC, key, occurredAt, chain, correlationId, data: {} };
}

/** What may go wrong in one process: a bug planted in what its relay is made of. */
export type Plant = (options: RelayOptions) => RelayOptions;

/** One process with a relay that can be frozen, cut off and made to lose answers. */
class Process {
  readonly relay: Relay;
  /** What the next call of the bus does: takes so many messages and then rejects. */
  loseAfter: number | undefined;
  /** The document store does not answer it. */
  cutOff = false;
  /** The failpoint it dies at. */
  diesAt: string | undefined;
  private gate: Promise<void> | undefined;
  private open: () => void = () => undefined;

  constructor(
    private readonly world: RelayWorld,
    readonly holder: string,
    plant: Plant,
  ) {
    const { time, eventStore } = world;
    this.relay = startRelay(
      plant({
        name: 'relay',
        eventStore: this.gated(eventStore),
        bus: this.bus(),
        publishers: [publisher],
        topics: [TOPIC],
        documents: this.documents(),
        holder,
        clock: time,
        monotonicMs: () => time.now(),
        pause: async (ms, stopped) => {
          await time.pause(ms, stopped);
          await this.gate;
        },
        report: () => undefined,
        batchEventsMax: 4,
        leaseMs: LEASE_MS,
        failpoint: async (name) => {
          if (name === this.diesAt) this.freeze();
          await this.gate;
        },
      }),
    );
  }

  /** Stops it in the middle of whatever it does. */
  freeze(): void {
    this.gate ??= new Promise((resolve) => (this.open = resolve));
  }

  thaw(): void {
    this.open();
    this.gate = undefined;
  }

  private bus(): RelayedBus {
    const { bus } = this.world;
    const relay = async (batch: RelayBatch): Promise<void> => {
      this.world.publishing(batch.epoch);
      // The owner has looked at its lease; what follows may come much later.
      await this.gate;
      if (this.loseAfter === undefined) return bus.relay(batch);
      const messages = batch.messages.slice(0, this.loseAfter);
      const whole = this.loseAfter > batch.messages.length;
      this.loseAfter = undefined;
      await bus.relay(whole ? batch : { ...batch, messages, watermark: undefined });
      throw new Error('the answer was lost');
    };
    return { publish: (messages) => bus.publish(messages), consume: (options) => bus.consume(options), relay };
  }

  private documents(): DocumentStore {
    const { documents } = this.world;
    const collection: DocumentStore['collection'] = async (spec) => this.gated(await documents.collection(spec)) as never;
    return Object.assign(Object.create(documents) as DocumentStore, { collection });
  }

  /** The same, but that calls that answer later wait while it is frozen, and fail while it is cut off from documents. */
  private gated<T extends object>(honest: T): T {
    const isDocuments = 'getMany' in honest;
    const call =
      (name: string) =>
      async (...args: unknown[]): Promise<unknown> => {
        await this.gate;
        if (isDocuments && this.cutOff && this.world.lostWrites.next().value === false) throw new StoreUnavailable('cut off');
        const answer = await (honest as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args);
        if (isDocuments && this.cutOff) throw new StoreUnavailable('cut off after it took effect');
        await this.gate;
        return answer;
      };
    const gated: Record<string, unknown> = {};
    for (const name of ['get', 'write', 'getMany']) if (name in honest) gated[name] = call(name);
    if ('subscribe' in honest) gated.subscribe = this.subscribe(honest as unknown as EventStore);
    return Object.assign(Object.create(honest) as T, gated);
  }

  private subscribe(eventStore: EventStore): EventStore['subscribe'] {
    return (options) =>
      eventStore.subscribe({
        ...options,
        onBatch: async (events) => {
          await this.gate;
          await options.onBatch(events);
        },
      });
  }
}

function* alternating(): Generator<boolean, never> {
  for (;;) yield* [true, false];
}

/** An event store, documents and a bus; processes with a relay each; consumers that check what they are told. */
export class RelayWorld {
  readonly time = new VirtualTime();
  readonly eventStore = new InMemoryEventStore(this.time);
  readonly documents = new InMemoryDocumentStore();
  readonly bus = new InMemoryEventBus(emptyPartitions(3));
  readonly processes: Process[] = [];
  /** What was seen that must never be. */
  readonly wrongs: string[] = [];
  readonly consumers = ['steady', 'restarted'].map((group) => new CheckingConsumer(this.bus, TOPIC, this.wrongs, group));
  /** Of the calls of a process that is cut off, every other takes effect, and only its answer is lost. */
  readonly lostWrites = alternating();
  private appended = 0;
  private newestEpoch = 0;

  constructor(private readonly plant: Plant = (options) => options) {}

  start(): Process {
    const process = new Process(this, `process-${this.processes.length}`, this.plant);
    this.processes.push(process);
    return process;
  }

  async append(count: number): Promise<void> {
    for (const end = this.appended + count; this.appended < end; this.appended++) {
      const event: EventToAppend = {
        id: `event-${this.appended}`,
        type: 'thing.done.v1',
        occurredAt: '2026-03-01T10:00:00.000Z',
        data: { number: this.appended },
        chain: 'demo',
        correlationId: 'c',
      };
      await this.eventStore.append({ streamId: event.id, expected: 'no-stream', events: [event] });
    }
  }

  /** Notes that an owner begins to publish: never one that was overtaken. */
  publishing(epoch: number): void {
    if (epoch < this.newestEpoch) this.wrongs.push(`epoch ${epoch} published after ${this.newestEpoch}`);
    this.newestEpoch = Math.max(this.newestEpoch, epoch);
  }

  /** Fails unless, with one healthy process more and some time, both consumers have got everything once, in order, and were told so. */
  async assertEverythingCarried(): Promise<void> {
    for (const process of this.processes) process.freeze();
    const last = this.start();
    await this.time.advance(4 * LEASE_MS);
    await settle();
    const log: StoredEvent[] = [];
    for await (const events of this.eventStore.readAll()) log.push(...events);
    const messages = log.flatMap((event) => publisher(event));
    for (const { ids, watermarks } of this.consumers) {
      for (const key of KEYS) {
        const expected = messages.filter((message) => message.key === key).map(({ id }) => id);
        const got = ids.filter((id) => messages.find((message) => message.id === id)?.key === key);
        assert.deepEqual(got, expected, `messages of ${key}`);
      }
      if (log.length > 0)
        assert.deepEqual([...new Set([...watermarks.values()].map(({ logPosition }) => logPosition))], [log.at(-1)?.position]);
      if (log.length > 0) assert.equal(watermarks.size, 3, 'sources that heard how far the log was carried');
    }
    assert.deepEqual(this.wrongs, []);
    assert.equal(last.relay.status().state, 'leading');
    for (const process of this.processes) process.thaw();
    await settle();
    assert.deepEqual(this.wrongs, []);
  }

  /** Ends all that runs. */
  async close(): Promise<void> {
    for (const process of this.processes) {
      process.thaw();
      process.cutOff = false;
      process.diesAt = undefined;
    }
    await Promise.all(this.processes.map(({ relay }) => relay.close()));
    await Promise.all(this.consumers.map((consumer) => consumer.close()));
    await this.eventStore.close();
  }
}
