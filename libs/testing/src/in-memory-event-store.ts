import type { Clock, EventToAppend, Position, StoredEvent } from '@regulars/kernel';
import {
  type Append,
  type AppendOutcome,
  type EventStore,
  type ReadStreamOptions,
  StoreUnavailable,
  type SubscribeOptions,
  type Subscription,
} from '@regulars/ports';
import { InMemorySubscription } from './in-memory-subscription';

const BATCH_EVENTS_DEFAULT = 1000;

/**
 * An event store for specs: keeps every promise of the port except that its events end with the process. What is
 * `protected` is there for planted bugs to spoil.
 */
export class InMemoryEventStore implements EventStore {
  protected readonly log: StoredEvent[] = [];
  protected readonly subscriptions = new Set<Subscription>();
  private readonly streams = new Map<string, StoredEvent[]>();
  private readonly watchers = new Set<() => void>();
  private isClosed = false;

  /** `events`: what an earlier store had, in order. */
  constructor(
    protected readonly clock: Clock,
    events: readonly StoredEvent[] = [],
  ) {
    for (const event of events) this.keep(event);
  }

  async append(append: Append): Promise<AppendOutcome> {
    const [outcome] = await this.appendMany([append]);
    return outcome as AppendOutcome;
  }

  async appendMany(appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
    this.checkOpen();
    for (const { streamId, events } of appends) {
      if (events.length === 0) throw new RangeError(`An append to "${streamId}" has no events`);
    }
    const outcomes = appends.map((append) => this.decide(append));
    this.notify();
    return outcomes;
  }

  async readStream(streamId: string, options: ReadStreamOptions = {}): Promise<readonly StoredEvent[]> {
    this.checkOpen();
    const events = [...this.stream(streamId)];
    if (options.direction === 'backwards') events.reverse();
    return events.slice(0, options.limit);
  }

  async *readAll(after?: Position, batchEventsMax = BATCH_EVENTS_DEFAULT): AsyncIterable<readonly StoredEvent[]> {
    this.checkOpen();
    let next = this.indexAfter(after);
    while (next < this.log.length) {
      const batch = this.log.slice(next, next + batchEventsMax);
      next += batch.length;
      yield batch;
    }
  }

  subscribe(options: SubscribeOptions): Subscription {
    this.checkOpen();
    return this.follow(options);
  }

  async head(): Promise<Position | undefined> {
    return this.log.at(-1)?.position;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.subscriptions].map((subscription) => subscription.close()));
  }

  /** Closes this store and answers another one with the same events, as a restart would. */
  async reopen(): Promise<InMemoryEventStore> {
    await this.close();
    const Store = this.constructor as typeof InMemoryEventStore;
    return new Store(this.clock, this.survivors());
  }

  /** What is there after a restart. */
  protected survivors(): StoredEvent[] {
    return JSON.parse(JSON.stringify(this.log)) as StoredEvent[];
  }

  protected decide(append: Append): AppendOutcome {
    const expected = append.expected === 'no-stream' ? -1 : append.expected;
    const stream = this.stream(append.streamId);
    const actual = stream.length - 1;
    if (actual === expected) return this.appended(this.storeAll(append, expected + 1), false);
    const repeated = this.repeatedAt(stream, append, expected);
    if (repeated) return this.appended(repeated, true);
    return { outcome: 'conflict', actual: actual === -1 ? 'no-stream' : actual };
  }

  /** The last event of the append if all its events are at the expected place. */
  protected repeatedAt(stream: readonly StoredEvent[], append: Append, expected: number): StoredEvent | undefined {
    const isThere = append.events.every((event, index) => stream[expected + 1 + index]?.id === event.id);
    return isThere ? stream[expected + append.events.length] : undefined;
  }

  protected appended(last: StoredEvent, repeated: boolean): AppendOutcome {
    return { outcome: 'appended', revision: last.revision, position: last.position, repeated };
  }

  /** Stores the events of an append from a revision on; answers the last. */
  protected storeAll(append: Append, firstRevision: number): StoredEvent {
    append.events.forEach((event, index) => this.keep(this.stored(event, append.streamId, firstRevision + index)));
    return this.log.at(-1) as StoredEvent;
  }

  protected stored(event: EventToAppend, streamId: string, revision: number): StoredEvent {
    const position = String(this.log.length + 1).padStart(12, '0');
    const recordedAt = new Date(this.clock.now()).toISOString();
    const copy = JSON.parse(JSON.stringify(event)) as EventToAppend;
    return { ...copy, streamId, revision, position, recordedAt };
  }

  protected keep(event: StoredEvent): void {
    const stream = this.streams.get(this.key(event.streamId));
    if (stream) stream.push(event);
    else this.streams.set(this.key(event.streamId), [event]);
    this.log.push(event);
  }

  protected stream(streamId: string): readonly StoredEvent[] {
    return this.streams.get(this.key(streamId)) ?? [];
  }

  protected key(streamId: string): string {
    return streamId;
  }

  /** Index in the log of the first event behind a position. */
  protected indexAfter(position: Position | undefined): number {
    if (position === undefined) return 0;
    const index = this.log.findIndex((event) => event.position > position);
    return index === -1 ? this.log.length : index;
  }

  protected follow(options: SubscribeOptions): Subscription {
    const next = this.indexAfter(options.after);
    const subscription = new InMemorySubscription(this.source(), next, options.batchEventsMax ?? BATCH_EVENTS_DEFAULT, options);
    this.subscriptions.add(subscription);
    const forget = () => this.subscriptions.delete(subscription);
    subscription.ended.then(forget, forget);
    return subscription;
  }

  /** What subscriptions read from. */
  protected source(): { readonly log: readonly StoredEvent[]; readonly watchers: Set<() => void> } {
    return { log: this.log, watchers: this.watchers };
  }

  protected notify(): void {
    for (const wake of this.watchers) wake();
  }

  private checkOpen(): void {
    if (this.isClosed) throw new StoreUnavailable('The event store is closed');
  }
}
