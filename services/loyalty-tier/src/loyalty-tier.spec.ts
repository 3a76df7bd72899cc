import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeadLetters } from '@regulars/engine';
import { fixedClock } from '@regulars/kernel';
import { InMemoryDocumentStore } from '@regulars/testing';
import { LedgerWorkers } from './contribution/ledger-workers';
import { createLoyaltyTierService } from './loyalty-tier';
import { Cluster, logPositionOf, type Happening } from './spec-support/cluster';
import { position, sale } from './spec-support/purchases';

const workers = new LedgerWorkers();
afterAll(() => workers.close());

const log: Happening[] = [{ store: 's1', region: 'north' }, sale('c1', 100), sale('c2', 50), sale('c1', 25)];
const last = logPositionOf(log.length - 1);

async function readsItsWrites(cluster: Cluster, service: Pick<Awaited<ReturnType<typeof createLoyaltyTierService>>, 'reached' | 'ledger'>) {
  await expect(service.reached(last, 1)).rejects.toMatchObject({ code: 'position.not-reached' });
  await cluster.relay(0, 2);
  await service.reached(logPositionOf(1));
  await expect(service.reached(last, 1)).rejects.toMatchObject({ code: 'position.not-reached' });
  const reached = service.reached(last);
  await cluster.relay(2, log.length);
  await reached;
  const whole = await cluster.whole(last);
  expect(await service.ledger().digest()).toEqual(await whole.digest());
  await whole.close();
  await expect(service.reached(position(99), 1)).rejects.toMatchObject({ code: 'position.not-reached' });
}

test('a reader that names a position waits for it, over one ledger', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'loyalty-tier-'));
  const cluster = new Cluster(2, workers, log);
  const documents = new InMemoryDocumentStore();
  const service = await createLoyaltyTierService({
    bus: cluster.bus,
    documents,
    deadLetters: await DeadLetters.open(documents, fixedClock(0)),
    directory,
    report: (_, { reason }) => cluster.faults.push(reason),
    head: async () => undefined,
    currency: () => 'EUR',
  });
  try {
    await readsItsWrites(cluster, service);
    expect(cluster.faults).toEqual([]);
  } finally {
    await service.close();
    await cluster.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a reader that names a position waits for it, over partitions that instances share', async () => {
  const cluster = new Cluster(2, workers, log);
  try {
    const [one] = [await cluster.start(), await cluster.start()];
    await readsItsWrites(cluster, one);
    expect(one.status()).toMatchObject({ watermark: { logPosition: last }, faults: {} });
    expect(one.currency()).toBe('EUR');
    expect(one.projections).toEqual([]);
    expect(cluster.faults).toEqual([]);
  } finally {
    await cluster.close();
  }
});
