import type { StoredEvent } from '@regulars/kernel';
import type { DocumentCollection, DocumentStore, DocumentWrite, EventBus, EventStore, Publisher } from '@regulars/ports';
import { type Bug, InProcess } from '../support/in-process';
import { disturbed, History, STORES } from '../support/receipts';
import { ledgerDigest, pyramidOf, ranked } from '../support/reference/contributions';
import { Reference } from '../support/reference/reference';

/** Whether the checks of the exactness suite hold for a platform with a bug in it, live and after a restart. */
async function holds(bug: Bug): Promise<boolean> {
  const items = new History(7).items(60);
  const reference = new Reference().register(STORES);
  reference.take(items);
  const arrivals = disturbed(items, 7);
  let platform = await InProcess.open(bug);
  try {
    await platform.register(STORES);
    for (let start = 0; start < arrivals.length; start += 20) await platform.takeIn(arrivals.slice(start, start + 20));
    const live = await platform.state();
    platform = await platform.restart();
    const restarted = await platform.state();
    const entries = reference.entries();
    const totals = { received: arrivals.length, accepted: items.length, duplicate: arrivals.length - items.length, quarantined: 0 };
    for (const state of [live, restarted]) {
      expect(state).toMatchObject({ digest: ledgerDigest(entries), pyramid: pyramidOf(ranked(entries)), totals });
    }
    return true;
  } catch {
    return false;
  } finally {
    await platform.close();
  }
}

const without =
  (unwanted: (event: StoredEvent) => boolean) =>
  (honest: Publisher): Publisher =>
  (event) =>
    unwanted(event) ? [] : honest(event);

/** Puts a receipt that is there already into another stream instead of refusing it. */
function withoutDeduplication(honest: EventStore): EventStore {
  let copies = 0;
  const appendMany: EventStore['appendMany'] = async (appends) => {
    const outcomes = [];
    for (const append of appends) {
      const [outcome] = await honest.appendMany([append]);
      const isReceipt = append.streamId.startsWith('purchase-') && append.expected === 'no-stream';
      const again = outcome?.outcome === 'conflict' || (outcome?.outcome === 'appended' && outcome.repeated);
      if (!again || !isReceipt) outcomes.push(outcome!);
      else outcomes.push((await honest.appendMany([{ ...append, streamId: `${append.streamId}-${copies++}` }]))[0]!);
    }
    return outcomes;
  };
  return Object.assign(Object.create(honest) as EventStore, { appendMany });
}

/** Saves how far it has read before what it has read: what was not written yet is lost by a restart. */
function checkpointBeforeState(honest: DocumentStore): DocumentStore {
  const collection: DocumentStore['collection'] = async (spec) => {
    const real = await honest.collection(spec);
    if (spec.name !== 'intake-report') return real as never;
    let held: readonly DocumentWrite[] = [];
    const write: DocumentCollection['write'] = async (writes) => {
      const due = held;
      held = writes;
      return real.write(due as never);
    };
    return Object.assign(Object.create(real) as typeof real, { write }) as never;
  };
  return Object.assign(Object.create(honest) as DocumentStore, { collection });
}

/** Hands every batch over twice, as the same positions. */
function redelivering(honest: EventBus): EventBus {
  const consume: EventBus['consume'] = (options) =>
    honest.consume({
      ...options,
      onBatch: async (messages, upTo, done) => {
        await options.onBatch(messages, {}, done);
        await options.onBatch(messages, upTo, done);
      },
    });
  return Object.assign(Object.create(honest) as EventBus, { consume });
}

/** Changes what is told of each receipt. */
const retold =
  (retell: (entry: { businessDate: string; lines: { net: number }[] }, event: StoredEvent) => object) =>
  (honest: Publisher): Publisher =>
  (event) =>
    honest(event).map((message) => {
      const { entries } = message.data as { entries?: { businessDate: string; lines: { net: number }[] }[] };
      return entries ? { ...message, data: { ...message.data, entries: entries.map((entry) => retell(entry, event)) as never } } : message;
    });

const bugs: readonly (readonly [string, Bug])[] = [
  ['takes every receipt as new', { eventStore: withoutDeduplication }],
  ['saves its checkpoint before its state', { documents: checkpointBeforeState }],
  ['lets messages count as often as they come', { bus: redelivering }],
  ['ignores voids', { publisher: without(({ type }) => type === 'purchase.voided.v1') }],
  ['ignores returns taken back', { publisher: without(({ type }) => type === 'purchase.return-withdrawn.v1') }],
  ['ignores claims', { publisher: without(({ type }) => type === 'purchase.claimed.v1') }],
  ['ignores linked returns', { publisher: without(({ type }) => type === 'purchase.returned.v1') }],
  ['counts on the day of UTC', { publisher: retold((entry, { occurredAt }) => ({ ...entry, businessDate: occurredAt.slice(0, 10) })) }],
  [
    'rounds money down to whole euros once in a while',
    {
      publisher: retold((entry) => ({ ...entry, lines: entry.lines.map((line) => ({ ...line, net: Math.trunc(line.net / 100) * 100 })) })),
    },
  ],
];

describe('the checks of exactness', () => {
  it('hold for the honest platform', async () => {
    expect(await holds({})).toBe(true);
  });

  it('hold for the honest platform behind the same wrappers, so that it is the bug that is caught', async () => {
    const wrapped = <T extends object>(honest: T): T => Object.create(honest) as T;
    const publisher = retold((entry) => ({ ...entry }));
    expect(await holds({ publisher, bus: wrapped, eventStore: wrapped, documents: wrapped })).toBe(true);
  });

  it.each(bugs)('catch one that %s', async (_, bug) => {
    expect(await holds(bug)).toBe(false);
  });
});
