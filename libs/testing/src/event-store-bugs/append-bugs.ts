import type { StoredEvent } from '@regulars/kernel';
import type { Append, AppendOutcome } from '@regulars/ports';
import { InMemoryEventStore } from '../in-memory-event-store';
import type { FaultWithin } from './planted-bug';

const expectedOf = ({ expected }: Append): number => (expected === 'no-stream' ? -1 : expected);

/** Lets the other tasks that are ready go first. */
const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Faults in deciding and storing appends. */
export const appendBugs: readonly FaultWithin[] = [
  {
    bug: 'checks first and stores later, so that writers overtake each other',
    caughtBy: 'of concurrent appends that expect the same revision exactly one is stored',
    Store: class extends InMemoryEventStore {
      override async append(append: Append): Promise<AppendOutcome> {
        const firstRevision = expectedOf(append) + 1;
        if (this.stream(append.streamId).length !== firstRevision) return super.append(append);
        await pause();
        return this.appended(this.storeAll(append, firstRevision), false);
      }
    },
  },
  {
    bug: 'acknowledges before the event can be read',
    caughtBy: 'an append answers the last revision and position, and every later read sees it',
    Store: class extends InMemoryEventStore {
      override async append(append: Append): Promise<AppendOutcome> {
        setImmediate(() => super.append(append).catch(() => undefined));
        return { outcome: 'appended', revision: expectedOf(append) + append.events.length, position: '000000000002', repeated: false };
      }
    },
  },
  {
    bug: 'keeps the first event of an append it refuses',
    caughtBy: 'appendMany decides each append on its own and answers in the order given',
    Store: class extends InMemoryEventStore {
      protected override decide(append: Append): AppendOutcome {
        const outcome = super.decide(append);
        if (outcome.outcome === 'conflict')
          super.storeAll({ ...append, events: append.events.slice(0, 1) }, this.stream(append.streamId).length);
        return outcome;
      }
    },
  },
  {
    bug: 'writes a repeat again',
    caughtBy: 'a repeated append writes nothing and answers the first result',
    Store: class extends InMemoryEventStore {
      protected override repeatedAt(stream: readonly StoredEvent[], append: Append, expected: number): StoredEvent | undefined {
        const repeated = super.repeatedAt(stream, append, expected);
        if (repeated) this.storeAll(append, stream.length);
        return repeated;
      }
    },
  },
  {
    bug: 'knows a repeat only at the end of the stream',
    caughtBy: 'a repeat is still one after the stream has gone on',
    Store: class extends InMemoryEventStore {
      protected override repeatedAt(stream: readonly StoredEvent[], append: Append, expected: number): StoredEvent | undefined {
        return expected + append.events.length === stream.length - 1 ? super.repeatedAt(stream, append, expected) : undefined;
      }
    },
  },
  {
    bug: 'knows repeats only of what it stored since its start',
    caughtBy: 'a repeat is still one after a restart',
    Store: class extends InMemoryEventStore {
      private readonly seen = new Set<string>();

      protected override storeAll(append: Append, firstRevision: number): StoredEvent {
        for (const { id } of append.events) this.seen.add(id);
        return super.storeAll(append, firstRevision);
      }

      protected override repeatedAt(stream: readonly StoredEvent[], append: Append, expected: number): StoredEvent | undefined {
        return append.events.every(({ id }) => this.seen.has(id)) ? super.repeatedAt(stream, append, expected) : undefined;
      }
    },
  },
  {
    bug: 'takes an append for a repeat when its first id is there',
    caughtBy: 'only the same ids at the same place are a repeat',
    Store: class extends InMemoryEventStore {
      protected override repeatedAt(stream: readonly StoredEvent[], append: Append, expected: number): StoredEvent | undefined {
        return stream[expected + 1]?.id === append.events[0]?.id ? stream[expected + append.events.length] : undefined;
      }
    },
  },
  {
    bug: 'takes an append for a repeat when its ids are anywhere in the stream',
    caughtBy: 'any history of appends ends as a plain model says',
    Store: class extends InMemoryEventStore {
      protected override decide(append: Append): AppendOutcome {
        const last = this.stream(append.streamId).find(({ id }) => id === append.events.at(-1)?.id);
        return last && expectedOf(append) >= -1 ? ({ ...this.appended(last, true), revision: 0 } as AppendOutcome) : super.decide(append);
      }
    },
  },
];
