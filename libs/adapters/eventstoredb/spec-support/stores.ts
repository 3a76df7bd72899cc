import type { EventToAppend, JsonObject, StoredEvent } from '@regulars/kernel';
import type { Append, EventStore, ExpectedRevision } from '@regulars/ports';
import { type EventStoreDbOptions, type EventStoreDbStore, openEventStoreDb } from '../src/index';
import { TestServer } from './test-server';

/** Impatient, so that specs of failures are quick; patient enough for a busy machine. */
const QUICK = { retryPauseMs: 5, retryPauseMsMax: 20, closeMs: 2_000 };

/** Servers and stores of one spec, all closed by `end`. */
export class Stores {
  private readonly opened: EventStore[] = [];
  private readonly servers: TestServer[] = [];

  async server(): Promise<TestServer> {
    const server = await new TestServer().start();
    this.servers.push(server);
    return server;
  }

  async open(server: TestServer, options: Partial<EventStoreDbOptions> = {}): Promise<EventStoreDbStore> {
    const store = await openEventStoreDb({ connectionString: server.connectionString, ...QUICK, ...options });
    this.opened.push(store);
    return store;
  }

  async end(): Promise<void> {
    await Promise.all(this.opened.splice(0).map((store) => store.close()));
    await Promise.all(this.servers.splice(0).map((server) => server.stop()));
  }
}

/** An event with this id. */
export function event(id: string, data: JsonObject = { id }): EventToAppend {
  return { id, type: 'sample.happened.v1', occurredAt: '2026-03-04T05:06:07.890Z', correlationId: 'correlation', chain: 'chain', data };
}

/** An append of events with these ids. */
export function appendOf(streamId: string, expected: ExpectedRevision, ...ids: readonly string[]): Append {
  return { streamId, expected, events: ids.map((id) => event(id)) };
}

/** Everything in a store, in order. */
export async function everything(store: EventStore, after?: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const batch of store.readAll(after)) events.push(...batch);
  return events;
}

/** The ids of everything in a store, in order. */
export async function allIds(store: EventStore): Promise<string[]> {
  return (await everything(store)).map(({ id }) => id);
}

/** Collects what a subscriber gets. */
export class Collector {
  readonly events: StoredEvent[] = [];
  private readonly waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  readonly onBatch = async (events: readonly StoredEvent[]): Promise<void> => {
    this.events.push(...events);
    for (const { count, resolve } of this.waiting) if (this.events.length >= count) resolve();
  };

  get ids(): string[] {
    return this.events.map(({ id }) => id);
  }

  /** Settles when so many events have come. */
  got(count: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.events.length >= count) resolve();
      else this.waiting.push({ count, resolve });
    });
  }
}
