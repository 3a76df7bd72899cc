import type { EventToAppend, StoredEvent } from '@regulars/kernel';
import type { Append, AppendOutcome } from '@regulars/ports';
import { InMemoryEventStore } from '../in-memory-event-store';
import type { PlantedBug } from './planted-bug';

const expectedOf = ({ expected }: Append): number => (expected === 'no-stream' ? -1 : expected);

/** Lets the other tasks that are ready go first. */
const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Faults in deciding and storing appends. */
export const appendBugs: readonly PlantedBug[] = [
  {
    bug: 'ignores the expected revision',
    caughtBy: 'an append that expects another revision is refused with the actual one, and writes nothing',
    Store: class extends InMemoryEventStore {
      protected override decide(append: Append): AppendOutcome {
        return this.appended(this.storeAll(append, this.stream(append.streamId).length), false);
      }
    },
  },
  {
    bug: 'tells a conflict without the actual revision',
    caughtBy: 'an append that expects another revision is refused with the actual one, and writes nothing',
    Store: class extends InMemoryEventStore {
      protected override decide(append: Append): AppendOutcome {
        const outcome = super.decide(append);
        return outcome.outcome === 'conflict' ? { outcome: 'conflict', actual: append.expected } : outcome;
      }
    },
  },
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
    bug: 'numbers each append one revision too high',
    caughtBy: 'revisions are 0, 1, 2 … without gaps, in the order given',
    Store: class extends InMemoryEventStore {
      protected override stored(event: EventToAppend, streamId: string, revision: number): StoredEvent {
        return super.stored(event, streamId, revision === 0 ? 0 : revision + 1);
      }
    },
  },
  {
    bug: 'stores the events of an append in reverse',
    caughtBy: 'revisions are 0, 1, 2 … without gaps, in the order given',
    Store: class extends InMemoryEventStore {
      protected override storeAll(append: Append, firstRevision: number): StoredEvent {
        return super.storeAll({ ...append, events: [...append.events].reverse() }, firstRevision);
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
    bug: 'refuses a whole appendMany for one conflict in it',
    caughtBy: 'appendMany decides each append on its own and answers in the order given',
    Store: class extends InMemoryEventStore {
      override async appendMany(appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
        const bad = appends.some((append) => this.stream(append.streamId).length !== expectedOf(append) + 1);
        return bad && appends.length > 1 ? appends.map(() => ({ outcome: 'conflict', actual: 'no-stream' })) : super.appendMany(appends);
      }
    },
  },
  {
    bug: 'checks all appends of a call before it stores any',
    caughtBy: 'the same stream may come twice in one appendMany; order counts',
    Store: class extends InMemoryEventStore {
      override async appendMany(appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
        const lengths = appends.map(({ streamId }) => this.stream(streamId).length);
        const conflicts = appends.map((append, index) => lengths[index] !== expectedOf(append) + 1);
        const outcomes: AppendOutcome[] = [];
        for (const [index, append] of appends.entries()) {
          const [outcome] = conflicts[index] ? [{ outcome: 'conflict', actual: 'no-stream' } as const] : await super.appendMany([append]);
          outcomes.push(outcome as AppendOutcome);
        }
        return outcomes;
      }
    },
  },
  {
    bug: 'takes an append without events',
    caughtBy: 'an append without events is refused',
    Store: class extends InMemoryEventStore {
      override async append(append: Append): Promise<AppendOutcome> {
        return append.events.length === 0 ? { outcome: 'conflict', actual: 'no-stream' } : super.append(append);
      }
    },
  },
  {
    bug: 'takes stream ids that differ in case for one',
    caughtBy: 'a stream id is only data: no two different ids share a stream',
    Store: class extends InMemoryEventStore {
      protected override key(streamId: string): string {
        return streamId.toLowerCase();
      }
    },
  },
  {
    bug: 'normalises stream ids',
    caughtBy: 'a stream id is only data: no two different ids share a stream',
    Store: class extends InMemoryEventStore {
      protected override key(streamId: string): string {
        return streamId.normalize('NFC');
      }
    },
  },
  {
    bug: 'loses the member __proto__ of data',
    caughtBy: 'data and envelope come back as they were given',
    Store: class extends InMemoryEventStore {
      protected override stored(event: EventToAppend, streamId: string, revision: number): StoredEvent {
        const stored = super.stored(event, streamId, revision);
        return JSON.parse(JSON.stringify(stored, (key, value: unknown) => (key === '__proto__' ? undefined : value))) as StoredEvent;
      }
    },
  },
  {
    bug: 'forgets what caused an event',
    caughtBy: 'data and envelope come back as they were given',
    Store: class extends InMemoryEventStore {
      protected override stored(event: EventToAppend, streamId: string, revision: number): StoredEvent {
        return { ...super.stored(event, streamId, revision), causationId: undefined };
      }
    },
  },
  {
    bug: 'cuts large texts',
    caughtBy: 'large events come back whole',
    Store: class extends InMemoryEventStore {
      protected override stored(event: EventToAppend, streamId: string, revision: number): StoredEvent {
        const stored = super.stored(event, streamId, revision);
        const cut = (_: string, value: unknown) => (typeof value === 'string' ? value.slice(0, 65_535) : value);
        return JSON.parse(JSON.stringify(stored, cut)) as StoredEvent;
      }
    },
  },
  {
    bug: 'takes a repeat for a conflict',
    caughtBy: 'a repeated append writes nothing and answers the first result',
    Store: class extends InMemoryEventStore {
      protected override repeatedAt(): undefined {
        return undefined;
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
    bug: 'answers a repeat with where the stream is now',
    caughtBy: 'a repeat is still one after the stream has gone on',
    Store: class extends InMemoryEventStore {
      protected override repeatedAt(stream: readonly StoredEvent[], append: Append, expected: number): StoredEvent | undefined {
        return super.repeatedAt(stream, append, expected) && stream.at(-1);
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
    bug: 'says of every repeat that it is new',
    caughtBy: 'the same append from many at once is written once',
    Store: class extends InMemoryEventStore {
      protected override appended(last: StoredEvent): AppendOutcome {
        return super.appended(last, false);
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
