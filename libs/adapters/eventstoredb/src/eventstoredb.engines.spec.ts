import { randomUUID } from 'node:crypto';
import { eventStoreContract } from '@regulars/port-contracts';
import type { EventStore } from '@regulars/ports';
import { realServer } from '../spec-support/real-server';
import { allIds, appendOf, Collector, event } from '../spec-support/stores';
import { type EventStoreDbStore, openEventStoreDb } from './index';

const connectionString = realServer();
const prefixes = new Map<EventStore, string>();

/** Every store is one of its own on the same server, by its prefix. */
async function open(streamPrefix = `spec-${randomUUID()}.`): Promise<EventStoreDbStore> {
  if (connectionString === undefined) throw new Error('There is no server');
  const store = await openEventStoreDb({ connectionString, streamPrefix });
  prefixes.set(store, streamPrefix);
  return store;
}

if (connectionString === undefined) {
  it('did not run: no EventStoreDB here', () => {
    process.stderr.write(
      '\n!!! THE EVENTSTOREDB CONTRACT DID NOT RUN AGAINST A REAL SERVER: set EVENTSTORE_URL (esdb://…), or use `npm run test:containers` where Docker runs !!!\n\n',
    );
    expect(process.env.EVENTSTORE_URL ?? '').toBe('');
  });
} else {
  eventStoreContract({
    name: 'EventStoreDB (a real server)',
    create: () => open(),
    reopen: async (store) => {
      await store.close();
      return open(prefixes.get(store));
    },
    dispose: (store) => store.close(),
    patienceMs: 30_000,
  });

  describe('A real EventStoreDB', () => {
    it('answers a repeat from another connection as one, and exactly one of two that write at once', async () => {
      const prefix = `spec-${randomUUID()}.`;
      const [one, other] = [await open(prefix), await open(prefix)];
      for (let round = 0; round < 20; round++) {
        const append = appendOf(`s-${round}`, 'no-stream', `${round}/0`, `${round}/1`, `${round}/2`);
        const outcomes = await Promise.all([one.append(append), other.append(append)]);
        expect(outcomes.filter((outcome) => outcome.outcome === 'appended' && !outcome.repeated)).toHaveLength(1);
        expect(new Set(outcomes.map((outcome) => outcome.outcome === 'appended' && outcome.position)).size).toBe(1);
      }
      await Promise.all([one.close(), other.close()]);
    });

    it('takes appends of 1 MiB, and keeps the order of many in one call', async () => {
      const store = await open();
      const large = event('large', { text: 'x'.repeat(1_048_576 - 1_000) });
      expect(await store.append({ streamId: 'large', expected: 'no-stream', events: [large] })).toMatchObject({ outcome: 'appended' });
      const appends = Array.from({ length: 1_000 }, (_, index) => appendOf(`s-${index}`, 'no-stream', `e-${index}`));
      const outcomes = await store.appendMany(appends);
      expect(outcomes.every((outcome) => outcome.outcome === 'appended' && !outcome.repeated)).toBe(true);
      const again = await store.appendMany(appends);
      expect(again).toEqual(outcomes.map((outcome) => ({ ...outcome, repeated: true })));
      expect(await allIds(store)).toEqual(['large', ...appends.map(({ events }) => events[0]?.id)]);
      await store.close();
    });

    it('goes on with a subscription from a position in the middle, over events of others', async () => {
      const [store, others] = [await open(), await open()];
      for (let index = 0; index < 10; index++) {
        await store.append(appendOf(`s-${index}`, 'no-stream', `e-${index}`));
        await others.appendMany(
          Array.from({ length: 300 }, (_, other) => appendOf(`o-${index}-${other}`, 'no-stream', `${index}/${other}`)),
        );
      }
      const first = new Collector();
      const begun = store.subscribe({ onBatch: first.onBatch, batchEventsMax: 3 });
      await first.got(10);
      await begun.close();
      const second = new Collector();
      const resumed = store.subscribe({ onBatch: second.onBatch, after: first.events[4]?.position });
      await second.got(5);
      await store.append(appendOf('last', 'no-stream', 'last'));
      await second.got(6);
      await resumed.close();
      expect(second.ids).toEqual(['e-5', 'e-6', 'e-7', 'e-8', 'e-9', 'last']);
      expect(await store.head()).toBe(second.events.at(-1)?.position);
      await Promise.all([store.close(), others.close()]);
    });
  });
}
