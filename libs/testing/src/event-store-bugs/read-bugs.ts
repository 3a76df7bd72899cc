import type { Position, StoredEvent } from '@regulars/kernel';
import type { Append, AppendOutcome } from '@regulars/ports';
import { InMemoryEventStore } from '../in-memory-event-store';
import type { FaultWithin } from './planted-bug';

const fromAnyPosition = 'reading from any position gives exactly what follows it';
const afterRestart = 'what was acknowledged is there after a restart, in the same order and places, and streams go on';

/** Faults in reading, and in what is kept. */
export const readBugs: readonly FaultWithin[] = [
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
