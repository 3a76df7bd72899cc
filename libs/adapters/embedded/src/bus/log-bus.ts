import type { StoredEvent } from '@regulars/kernel';
import type { ConsumeOptions, Consumption, DeliveredMessage, EventBus, EventStore, Message, Publisher } from '@regulars/ports';
import { publishedMessages, toAppend } from './published-message';

/** The one source of this bus: the log orders everything. */
const SOURCE = 'log';
const BATCH_MESSAGES_DEFAULT = 1_000;
const APPENDS_MAX = 1_000;

/** What the bus is made of. */
export interface LogBusOptions {
  readonly eventStore: EventStore;
  /** What every service makes of its domain events. */
  readonly publishers: readonly Publisher[];
  /** The chain whose log this is; messages of another are refused. */
  readonly chain: string;
}

/** A part of a batch from the log: the messages, and how far the log was looked at for them. */
interface Part {
  readonly messages: readonly DeliveredMessage[];
  readonly upTo: string;
}

/** The messages of one event, in the form consumers get. Runs for every event of every replay, so it makes nothing it need not. */
function deliver(event: StoredEvent, publishers: readonly Publisher[], topics: ReadonlySet<string>): DeliveredMessage[] {
  const delivered: DeliveredMessage[] = [];
  for (const publish of publishers) {
    for (const message of publish(event)) {
      if (!topics.has(message.topic)) continue;
      const { id, type, topic, key, occurredAt, chain, store, data, correlationId, causationId, traceparent } = message;
      const { position } = event;
      delivered.push({
        id,
        type,
        topic,
        key,
        occurredAt,
        chain,
        store,
        data,
        correlationId,
        causationId,
        traceparent,
        source: SOURCE,
        position,
        logPosition: position,
      });
    }
  }
  return delivered;
}

/**
 * Cuts a batch from the log into parts of at most `messagesMax`. The messages of one event share a position, so they stay together,
 * also where they alone are more than that: a consumer that remembered their position half-way would lose the rest.
 */
function* parts(
  events: readonly StoredEvent[],
  messagesOf: (event: StoredEvent) => DeliveredMessage[],
  messagesMax: number,
): Generator<Part> {
  let messages: DeliveredMessage[] = [];
  let upTo: string | undefined;
  for (const event of events) {
    const next = messagesOf(event);
    if (upTo !== undefined && messages.length > 0 && messages.length + next.length > messagesMax) {
      yield { messages, upTo };
      messages = [];
    }
    messages.push(...next);
    upTo = event.position;
  }
  if (upTo !== undefined) yield { messages, upTo };
}

class LogBus implements EventBus {
  private readonly publishers: readonly Publisher[];

  constructor(private readonly options: LogBusOptions) {
    this.publishers = [...options.publishers, publishedMessages];
  }

  /** Messages derived from domain events are not published: the events are enough. A repeat by id has no effect. */
  async publish(messages: readonly Message[]): Promise<void> {
    const { eventStore, chain } = this.options;
    const foreign = messages.find((message) => message.chain !== chain);
    if (foreign) throw new TypeError(`Message ${foreign.id} is of chain "${foreign.chain}", this bus is of "${chain}"`);
    for (let start = 0; start < messages.length; start += APPENDS_MAX) {
      const some = messages.slice(start, start + APPENDS_MAX);
      const outcomes = await eventStore.appendMany(some.map(toAppend));
      const refused = outcomes.findIndex(({ outcome }) => outcome === 'conflict');
      if (refused >= 0) throw new Error(`Message ${some[refused]?.id} was not stored: its stream holds something else`);
    }
  }

  consume(options: ConsumeOptions): Consumption {
    const { topics, from, onBatch, onCaughtUp, batchMessagesMax = BATCH_MESSAGES_DEFAULT } = options;
    if (!Number.isInteger(batchMessagesMax) || batchMessagesMax < 1) throw new RangeError('batchMessagesMax must be a positive integer');
    const asked = new Set(topics);
    const state = { closed: false };
    const subscription = this.options.eventStore.subscribe({
      after: Object.hasOwn(from, SOURCE) ? from[SOURCE] : undefined,
      batchEventsMax: batchMessagesMax,
      onCaughtUp,
      onBatch: async (events) => {
        for (const { messages, upTo } of parts(events, (event) => deliver(event, this.publishers, asked), batchMessagesMax)) {
          if (state.closed) return;
          await onBatch(messages, { [SOURCE]: upTo });
        }
      },
    });
    return {
      ended: subscription.ended,
      close: () => {
        state.closed = true;
        return subscription.close();
      },
    };
  }
}

/**
 * A bus that carries nothing: every consumer reads the event log and derives the messages by the services' own publishers. So a message
 * is durable with its event, is never lost between the two, and a consumer may start anywhere. One source, `log`.
 * `ended` and `publish` reject with the event store's errors.
 */
export function openLogBus(options: LogBusOptions): EventBus {
  return new LogBus(options);
}
