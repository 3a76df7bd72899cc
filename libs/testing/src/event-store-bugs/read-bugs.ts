import type { Position, StoredEvent } from '@regulars/kernel';
import type { Append, AppendOutcome, ReadStreamOptions } from '@regulars/ports';
import { InMemoryEventStore } from '../in-memory-event-store';
import type { PlantedBug } from './planted-bug';

const readForwards = 'a stream is read forwards and backwards, up to a limit';
const fromAnyPosition = 'reading from any position gives exactly what follows it';
const afterRestart = 'what was acknowledged is there after a restart, in the same order and places, and streams go on';

/** Faults in reading, and in what is kept. */
export const readBugs: readonly PlantedBug[] = [
  {
    bug: 'has a head while it is empty',
    caughtBy: 'an empty store has no head, no events and no streams',
    Store: class extends InMemoryEventStore {
      override async head(): Promise<Position | undefined> {
        return (await super.head()) ?? '000000000000';
      }
    },
  },
  {
    bug: 'always reads forwards',
    caughtBy: readForwards,
    Store: class extends InMemoryEventStore {
      override readStream(streamId: string, options: ReadStreamOptions = {}): Promise<readonly StoredEvent[]> {
        return super.readStream(streamId, { ...options, direction: 'forwards' });
      }
    },
  },
  {
    bug: 'ignores the limit',
    caughtBy: readForwards,
    Store: class extends InMemoryEventStore {
      override readStream(streamId: string, { direction = 'forwards' }: ReadStreamOptions = {}): Promise<readonly StoredEvent[]> {
        return super.readStream(streamId, { direction });
      }
    },
  },
  {
    bug: 'limits from the other end',
    caughtBy: readForwards,
    Store: class extends InMemoryEventStore {
      override async readStream(streamId: string, { direction, limit }: ReadStreamOptions = {}): Promise<readonly StoredEvent[]> {
        const events = await super.readStream(streamId, direction ? { direction } : {});
        return limit === undefined ? events : events.slice(-limit);
      }
    },
  },
  {
    bug: 'reads everything a stream at a time',
    caughtBy: 'everything is read once, in the order it was stored, with positions that ascend',
    Store: class extends InMemoryEventStore {
      override async *readAll(): AsyncIterable<readonly StoredEvent[]> {
        yield [...this.log].sort((a, b) => (a.streamId < b.streamId ? -1 : a.streamId > b.streamId ? 1 : 0));
      }
    },
  },
  {
    bug: 'reads from the position on instead of after it',
    caughtBy: fromAnyPosition,
    Store: class extends InMemoryEventStore {
      protected override indexAfter(position: Position | undefined): number {
        return Math.max(0, super.indexAfter(position) - 1);
      }
    },
  },
  {
    bug: 'skips the first event of every batch but the first',
    caughtBy: fromAnyPosition,
    Store: class extends InMemoryEventStore {
      override async *readAll(after?: Position, batchEventsMax = 1000): AsyncIterable<readonly StoredEvent[]> {
        let isFirst = true;
        for await (const batch of super.readAll(after, batchEventsMax)) {
          const events = isFirst ? batch : batch.slice(1);
          if (events.length > 0) yield events;
          isFirst = false;
        }
      }
    },
  },
  {
    bug: 'gives everything in one batch',
    caughtBy: 'batches are never larger than asked for, never empty',
    Store: class extends InMemoryEventStore {
      override readAll(after?: Position): AsyncIterable<readonly StoredEvent[]> {
        return super.readAll(after);
      }
    },
  },
  {
    bug: 'ends with an empty batch',
    caughtBy: 'batches are never larger than asked for, never empty',
    Store: class extends InMemoryEventStore {
      override async *readAll(after?: Position, batchEventsMax?: number): AsyncIterable<readonly StoredEvent[]> {
        yield* super.readAll(after, batchEventsMax);
        yield [];
      }
    },
  },
  {
    bug: 'has a head one event behind',
    caughtBy: 'head is the position of the last event',
    Store: class extends InMemoryEventStore {
      override async head(): Promise<Position | undefined> {
        return (this.log.at(-2) ?? this.log.at(-1))?.position;
      }
    },
  },
  {
    bug: 'shows the events of an append one by one',
    caughtBy: 'readers see an append whole or not at all',
    Store: class extends InMemoryEventStore {
      override async append(append: Append): Promise<AppendOutcome> {
        let outcome = await super.append({ ...append, events: append.events.slice(0, 1) });
        for (const event of append.events.slice(1)) {
          await new Promise((resolve) => setImmediate(resolve));
          if (outcome.outcome === 'appended') outcome = await super.append({ ...append, expected: outcome.revision, events: [event] });
        }
        return outcome;
      }
    },
  },
  {
    bug: 'loses the last event in a restart',
    caughtBy: afterRestart,
    Store: class extends InMemoryEventStore {
      protected override survivors(): StoredEvent[] {
        return super.survivors().slice(0, -1);
      }
    },
  },
  {
    bug: 'comes back from a restart in another order',
    caughtBy: afterRestart,
    Store: class extends InMemoryEventStore {
      protected override survivors(): StoredEvent[] {
        return super.survivors().sort((a, b) => (a.streamId < b.streamId ? -1 : a.streamId > b.streamId ? 1 : 0));
      }
    },
  },
  {
    bug: 'drops on close what it accepted',
    caughtBy: 'close finishes what was accepted',
    Store: class extends InMemoryEventStore {
      private readonly kept: StoredEvent[] = [];

      protected override survivors(): StoredEvent[] {
        return this.kept;
      }
    },
  },
];
