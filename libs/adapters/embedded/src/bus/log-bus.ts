import type { Clock } from '@regulars/kernel';
import type { ConsumeOptions, Consumption, DocumentStore, EventBus, EventStore, Message, Publisher } from '@regulars/ports';
import { LogConsumption } from './log-consumption';
import { publishedMessages, toAppend } from './published-message';

const BATCH_MESSAGES_DEFAULT = 1_000;
const APPENDS_MAX = 1_000;

/** What the bus is made of. */
export interface LogBusOptions {
  readonly eventStore: EventStore;
  /** What every service makes of its domain events. */
  readonly publishers: readonly Publisher[];
  /** The chain whose log this is; messages of another are refused. */
  readonly chain: string;
  /** Keeps how far groups have got that go on from `committed`; without it they are refused. */
  readonly checkpoints?: Pick<DocumentStore, 'loadCheckpoint' | 'saveCheckpoint'> | undefined;
  /** For fresh watermarks while nothing comes; without it there is one behind each batch only. */
  readonly clock?: Clock | undefined;
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
    const { batchMessagesMax = BATCH_MESSAGES_DEFAULT, from, group } = options;
    if (!Number.isInteger(batchMessagesMax) || batchMessagesMax < 1) throw new RangeError('batchMessagesMax must be a positive integer');
    if (from === 'committed' && !this.options.checkpoints) {
      throw new TypeError(`Group "${group}" asks for committed positions; this bus was opened without checkpoints to keep them in`);
    }
    return new LogConsumption({ ...options, batchMessagesMax }, { ...this.options, publishers: this.publishers });
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
