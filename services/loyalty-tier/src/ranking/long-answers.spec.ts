import type { EventBus } from '@regulars/ports';
import { LedgerWorkers } from '../contribution/ledger-workers';
import { customerTier } from '../pyramid/customer-tier';
import { pyramid } from '../pyramid/pyramid';
import { Cluster, logPositionOf, type Happening } from '../spec-support/cluster';
import { sale } from '../spec-support/purchases';

const workers = new LedgerWorkers();
afterAll(() => workers.close());

const CUSTOMERS = 30_000;
const query = { asOf: '2026-12-31', currency: 'EUR' };
/** So long that the ids of a tie need several messages. */
const idOf = (i: number): string => `${'x'.repeat(60)}-${(i * 7_919) % CUSTOMERS}`;

/** Purchases of many customers whose amounts lie in a few buckets, or are all the same. */
const histories: [string, (i: number) => number][] = [
  ['amounts that lie close together', (i) => 1_000_000 + ((i * 31) % 30_000)],
  ['amounts that are all the same', () => 1_000_000],
];

test.each(histories)('%s go in several messages, each below 512 KiB, and come to the same', async (_, amountOf) => {
  const sales = Array.from({ length: CUSTOMERS }, (_, i): Happening => sale(idOf(i), amountOf(i)));
  const log: Happening[] = [{ store: 's1', region: 'north' }, ...sales];
  const sizes: number[] = [];
  const measured = (bus: EventBus): EventBus => ({
    consume: (options) => bus.consume(options),
    publish: (messages) => {
      for (const message of messages) sizes.push(Buffer.byteLength(JSON.stringify(message)));
      return bus.publish(messages);
    },
  });
  const cluster = new Cluster(2, workers, log, measured);
  try {
    const [one, other] = [await cluster.start(), await cluster.start()];
    await cluster.relay(0, log.length);
    const last = logPositionOf(log.length - 1);
    const whole = await cluster.whole(last);
    await Promise.all([one.reached(last), other.reached(last)]);
    expect(await pyramid(one.ledger(), query)).toEqual(await pyramid(whole, query));
    for (const id of [idOf(0), idOf(4_711)]) {
      expect(await customerTier(other.ledger(), id, query)).toEqual(await customerTier(whole, id, query));
    }
    expect(Math.max(...sizes)).toBeGreaterThan(100_000);
    expect(Math.max(...sizes)).toBeLessThan(524_288);
    expect(cluster.faults).toEqual([]);
    await whole.close();
  } finally {
    await cluster.close();
  }
});
