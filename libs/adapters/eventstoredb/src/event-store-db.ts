import type { EventStoreDBClient } from '@eventstore/db-client';
import type { Position, StoredEvent } from '@regulars/kernel';
import {
  type Append,
  type AppendOutcome,
  type EventStore,
  type ReadStreamOptions,
  StoreUnavailable,
  type SubscribeOptions,
  type Subscription,
} from '@regulars/ports';
import { AppendPipe } from './append-pipe';
import { Appender } from './appender';
import { CatchUpSubscription } from './catch-up-subscription';
import { closeClient, openAppendCall } from './client-internals';
import { explain } from './failures';
import { LogReader } from './log-reader';
import { fromPosition } from './positions';
import { ReadBack } from './read-back';
import { pause, Retries, type RetryOptions, withRetries } from './retries';
import { StreamNames } from './stream-names';

const BATCH_EVENTS_DEFAULT = 1_000;

/** Limits of an `EventStoreDb`; see `EventStoreDbOptions`. */
export interface StoreLimits {
  readonly answerMs: number;
  readonly retry: RetryOptions;
  readonly appendBytesMax: number;
  readonly unansweredMax: number;
  readonly unansweredBytesMax: number;
  readonly closeMs: number;
}

/** The state of the connection. */
export type Health = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** An `EventStore` kept by an EventStoreDB server. */
export class EventStoreDb implements EventStore {
  private readonly pipe: AppendPipe;
  private readonly reader: LogReader;
  private readonly appender: Appender;
  private readonly subscriptions = new Set<Subscription>();
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly giveUp = new AbortController();
  private readonly names: StreamNames;
  private isClosed = false;
  /** The newest position seen so far; `head` looks no further back. */
  private newest: Position | undefined;

  constructor(
    private readonly client: EventStoreDBClient,
    streamPrefix: string,
    private readonly limits: StoreLimits,
    private readonly report: (problem: string) => void,
  ) {
    const { answerMs, appendBytesMax, retry } = limits;
    const { signal } = this.giveUp;
    this.names = new StreamNames(streamPrefix);
    this.pipe = new AppendPipe(() => openAppendCall(client), limits);
    this.reader = new LogReader(client, this.names, answerMs);
    const readBack = new ReadBack(this.reader, retry, signal);
    this.appender = new Appender({ names: this.names, pipe: this.pipe, reader: this.reader, readBack, retry, appendBytesMax, signal });
  }

  async append(append: Append): Promise<AppendOutcome> {
    const [outcome] = await this.appendMany([append]);
    return outcome as AppendOutcome;
  }

  async appendMany(appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
    this.checkOpen();
    const appending = this.appender.appendMany(appends);
    this.underWay.add(appending);
    try {
      const outcomes = await appending;
      for (const outcome of outcomes) if (outcome.outcome === 'appended') this.seen(outcome.position);
      return outcomes;
    } finally {
      this.underWay.delete(appending);
    }
  }

  readStream(streamId: string, options: ReadStreamOptions = {}): Promise<readonly StoredEvent[]> {
    return this.reading(async () => {
      const streamName = this.names.toName(streamId);
      const events: StoredEvent[] = [];
      if (options.limit !== undefined && options.limit <= 0) return events;
      for await (const { event } of this.reader.stream(streamName, options)) events.push(event);
      return events;
    });
  }

  async *readAll(after?: Position, batchEventsMax = BATCH_EVENTS_DEFAULT): AsyncIterable<readonly StoredEvent[]> {
    this.checkOpen();
    checkBatchSize(batchEventsMax);
    const retries = new Retries(this.limits.retry, this.giveUp.signal);
    let batch: StoredEvent[] = [];
    let readUpTo = after;
    for (let isDone = false; !isDone;) {
      try {
        for await (const { event } of this.reader.after(readUpTo)) {
          retries.succeeded();
          batch.push(event);
          readUpTo = event.position;
          if (batch.length < batchEventsMax) continue;
          yield batch;
          batch = [];
        }
        isDone = true;
      } catch (error) {
        await retries.afterFailure(error);
      }
    }
    if (readUpTo !== undefined) this.seen(readUpTo);
    if (batch.length > 0) yield batch;
  }

  subscribe(options: SubscribeOptions): Subscription {
    this.checkOpen();
    const batchEventsMax = options.batchEventsMax ?? BATCH_EVENTS_DEFAULT;
    checkBatchSize(batchEventsMax);
    if (options.after !== undefined) fromPosition(options.after);
    const subscription = new CatchUpSubscription(
      {
        client: this.client,
        names: this.names,
        reader: this.reader,
        head: () => this.reader.head(this.newest),
        answerMs: this.limits.answerMs,
        retry: this.limits.retry,
        onInterruption: (reason) => this.report(`A subscription to the event store was interrupted: ${reason}`),
      },
      options,
      batchEventsMax,
    );
    this.subscriptions.add(subscription);
    const forget = () => this.subscriptions.delete(subscription);
    subscription.ended.then(forget, forget);
    return subscription;
  }

  async head(): Promise<Position | undefined> {
    const head = await this.reading(() => this.reader.head(this.newest));
    if (head !== undefined) this.seen(head);
    return head;
  }

  /** One round trip to the server, without retries: whether it can be read now, or why not and what to do. Never throws. */
  async check(): Promise<Health> {
    if (this.isClosed) return { ok: false, reason: 'The event store is closed' };
    try {
      await this.reader.ping();
      return { ok: true };
    } catch (error) {
      return { ok: false, reason: `The event store cannot be used: ${explain(error)}` };
    }
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await Promise.all([...this.subscriptions].map((subscription) => subscription.close()));
    const closed = new AbortController();
    const finished = Promise.allSettled([...this.underWay]).then(() => closed.abort());
    await Promise.race([finished, pause(this.limits.closeMs, closed.signal)]);
    this.giveUp.abort();
    this.pipe.close();
    await closeClient(this.client);
  }

  private reading<T>(read: () => Promise<T>): Promise<T> {
    this.checkOpen();
    return withRetries(this.limits.retry, this.giveUp.signal, read);
  }

  private seen(position: Position): void {
    if (this.newest === undefined || position > this.newest) this.newest = position;
  }

  private checkOpen(): void {
    if (this.isClosed) throw new StoreUnavailable('The event store is closed');
  }
}

function checkBatchSize(batchEventsMax: number): void {
  if (!(batchEventsMax >= 1)) throw new RangeError(`A batch of at most ${batchEventsMax} events cannot hold any`);
}
