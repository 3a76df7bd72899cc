import {
  type AllStreamResolvedEvent,
  type AllStreamSubscription,
  type EventStoreDBClient,
  START,
  streamNameFilter,
} from '@eventstore/db-client';
import type { Position, StoredEvent } from '@regulars/kernel';
import type { SubscribeOptions, Subscription } from '@regulars/ports';
import { decodeEvent, UnreadableEvent } from './event-codec';
import { explain, NoAnswer } from './failures';
import { type LogReader, positionOf } from './log-reader';
import { fromPosition, type LogPosition, toPosition } from './positions';
import { endCall, received } from './received-events';
import { pause, pauseBefore, type RetryOptions } from './retries';
import type { StreamNames } from './stream-names';

/** Events that the server looks at before it says how far it is, where none of them is ours: 500 × 2. */
const SEARCH_WINDOW = 500;
const CHECKPOINT_EVERY_WINDOWS = 2;

/** What a subscription works with. */
export interface SubscriptionParts {
  readonly client: EventStoreDBClient;
  readonly names: StreamNames;
  readonly reader: LogReader;
  readonly head: () => Promise<Position | undefined>;
  /** How long the server may take to confirm, in milliseconds. */
  readonly answerMs: number;
  /** Pauses between connections; the number of tries does not count: it tries for ever. */
  readonly retry: RetryOptions;
  /** Told about each interruption, in one line. */
  readonly onInterruption: (reason: string) => void;
}

/** The server no longer has what a subscriber has had: it is another one, or was restored from an older backup. */
export class LogCutBack extends Error {
  constructor(position: Position) {
    super(
      `The event store ends before position ${position}, which was read from it earlier: it is another store, or was restored ` +
        'from an older backup. What was derived from the lost events has to be rebuilt',
    );
    this.name = 'LogCutBack';
  }
}

/**
 * A catch-up subscription to `$all`, filtered by the server to the streams of this store. A pump reads ahead, no
 * further than one batch; when the connection breaks it goes on behind the last event it read, so that nothing is
 * missed and nothing comes twice, whatever the server sends again. Batches are handed over one at a time meanwhile.
 */
export class CatchUpSubscription implements Subscription {
  readonly ended: Promise<void>;
  private readonly closing = new AbortController();
  private buffer: StoredEvent[] = [];
  private isTaken = new Signal();
  private hasNews = new Signal();
  /** The last event read. */
  private lastRead: Position | undefined;
  /** Further than that, where the server said that nothing of ours lies in between. */
  private checkpoint: Position | undefined;
  private handedOver: Position | undefined;
  /** Whether everything that arrived has been read. */
  private isWaiting = false;
  /** Whether nothing more is read. */
  private isOver = false;
  /** This store's last event when the connection was made; `handedOver` beyond it means caught up. */
  private target: Position | undefined | 'unknown' = 'unknown';
  private stream: AllStreamSubscription | undefined;

  constructor(
    private readonly parts: SubscriptionParts,
    private readonly options: SubscribeOptions,
    private readonly batchEventsMax: number,
  ) {
    this.lastRead = options.after;
    this.handedOver = options.after;
    const pumping = this.pump();
    this.ended = this.deliver(pumping);
    // Whoever wants to know looks at `ended`.
    this.ended.catch(() => undefined);
    pumping.catch(() => undefined);
  }

  async close(): Promise<void> {
    this.stop();
    await this.ended.catch(() => undefined);
  }

  private stop(): void {
    this.closing.abort();
    if (this.stream) {
      endCall(this.stream);
      // Nothing tells the reader that the call was ended from this side.
      this.stream.destroy();
    }
    this.isTaken.give();
    this.hasNews.give();
  }

  /** Reads ahead until closed; rejects with what cannot be read. */
  private async pump(): Promise<void> {
    const { retry, onInterruption } = this.parts;
    try {
      for (let attempt = 1; !this.closing.signal.aborted; attempt++) {
        if (attempt > 1) await pause(pauseBefore(attempt, retry), this.closing.signal);
        const onConfirmed = () => {
          attempt = 1;
        };
        try {
          await this.readOn(onConfirmed);
          if (!this.closing.signal.aborted) onInterruption('the server ended the subscription');
        } catch (error) {
          if (error instanceof UnreadableEvent || error instanceof LogCutBack) throw error;
          if (!this.closing.signal.aborted) onInterruption(explain(error));
        }
      }
    } finally {
      this.isOver = true;
      this.hasNews.give();
    }
  }

  /** One connection: from where reading stands until it breaks. */
  private async readOn(onConfirmed: () => void): Promise<void> {
    this.target = 'unknown';
    this.target = await this.parts.head();
    if (this.lastRead !== undefined && (this.target === undefined || this.lastRead > this.target)) throw new LogCutBack(this.lastRead);
    this.hasNews.give();
    if (this.closing.signal.aborted) return;
    const stream = this.open();
    this.stream = stream;
    // Later it may be silent for as long as nothing happens; a dead connection is found by keepalive.
    const unconfirmed = setTimeout(() => stream.destroy(new NoAnswer('Subscribing to $all', this.parts.answerMs)), this.parts.answerMs);
    stream.on('confirmation', () => {
      clearTimeout(unconfirmed);
      onConfirmed();
    });
    this.isWaiting = true;
    try {
      for await (const message of received<AllStreamResolvedEvent>(stream, 'The subscription to $all')) {
        if (this.closing.signal.aborted) return;
        this.isWaiting = false;
        await this.take(message);
        this.isWaiting = true;
      }
    } finally {
      clearTimeout(unconfirmed);
    }
  }

  private open(): AllStreamSubscription {
    const chosen = this.parts.names.filter;
    const progress = {
      maxSearchWindow: SEARCH_WINDOW,
      checkpointInterval: CHECKPOINT_EVERY_WINDOWS,
      checkpointReached: (subscription: AllStreamSubscription, position: LogPosition) => this.passed(subscription, toPosition(position)),
    };
    const filter = 'regex' in chosen ? streamNameFilter({ ...chosen, ...progress }) : streamNameFilter({ ...chosen, ...progress });
    const after = later(this.lastRead, this.checkpoint);
    return this.parts.client.subscribeToAll(
      { fromPosition: after === undefined ? START : fromPosition(after), filter, resolveLinkTos: false, requiresLeader: true },
      { highWaterMark: Math.min(this.batchEventsMax, 256) },
    );
  }

  /** Keeps an event for the next batch, and waits while that is full. */
  private async take(message: AllStreamResolvedEvent): Promise<void> {
    if (!this.parts.reader.isOurs(message)) return;
    // Sent again after a reconnect.
    if (this.lastRead !== undefined && positionOf(message) <= this.lastRead) return;
    const { event } = decodeEvent(message, this.parts.names);
    this.buffer.push(event);
    this.lastRead = event.position;
    this.hasNews.give();
    while (this.buffer.length >= this.batchEventsMax && !this.closing.signal.aborted) await this.isTaken.given();
  }

  /**
   * The server says how far it has looked. The client says so when the message arrives, while events before it may
   * still lie in its buffers: the position counts only where none does. No further message arrives meanwhile.
   */
  private async passed(subscription: AllStreamSubscription, position: Position): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.isWaiting && subscription.readableLength === 0 && subscription === this.stream) {
      this.checkpoint = later(this.checkpoint, position);
    }
  }

  private async deliver(pumping: Promise<void>): Promise<void> {
    try {
      while (!this.closing.signal.aborted) {
        if (this.buffer.length > 0) await this.handOver();
        else if (this.isOver) return await pumping;
        else {
          this.tellCaughtUp();
          await this.hasNews.given();
          // What arrived in the same moment goes along.
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    } finally {
      this.stop();
    }
  }

  private async handOver(): Promise<void> {
    const batch = this.buffer;
    this.buffer = [];
    this.isTaken.give();
    await this.options.onBatch(batch);
    this.handedOver = batch.at(-1)?.position;
  }

  private tellCaughtUp(): void {
    if (this.target === 'unknown') return;
    if (this.target === undefined || (this.handedOver !== undefined && this.handedOver >= this.target)) this.options.onCaughtUp?.();
  }
}

function later(a: Position | undefined, b: Position | undefined): Position | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}

/** Something to wait for, again and again; given while nobody waits, the next to wait goes on at once. */
class Signal {
  private isGiven = false;
  private wake: () => void = () => undefined;

  give(): void {
    this.isGiven = true;
    this.wake();
  }

  async given(): Promise<void> {
    if (!this.isGiven) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    this.isGiven = false;
  }
}
