import { STORES } from '../support/receipts';
import { atRest } from '../support/chain-under-test';
import { ledgerDigest, pyramidOf, ranked } from '../support/reference/contributions';
import { Reference } from '../support/reference/reference';
import { ChainOnCluster } from './support/chain-on-cluster';
import { Load, watchReadiness } from './support/load';
import { NEXT_VERSION, nextBuild } from './support/next-build';
import { type ServiceProcess, WORKSPACE } from './support/service-process';

interface TierStatus {
  readonly version: string;
  readonly instance: { readonly partitions: readonly unknown[]; readonly faults: object };
}

/** SIGTERM: it stops in order, and nobody is sent there any more. */
async function stopsInOrder(service: ServiceProcess): Promise<void> {
  const watched = watchReadiness(service);
  expect(await service.stop()).toBe(0);
  const statuses = await watched();
  expect(statuses.at(-1)).toBe(0);
  expect(service.output).toContain('service has stopped');
  expect(service.output).not.toContain('passed its deadline');
}

describe('services that are replaced one after the other while tills send and screens ask', () => {
  let chain: ChainOnCluster;
  let load: Load;
  beforeEach(async () => {
    chain = await ChainOnCluster.start(5, { partitions: 4, instances: 2 });
    load = Load.start(chain.cluster);
  });
  afterEach(async () => {
    await load?.stop();
    await chain?.close();
  });

  /** Nothing acknowledged is lost, nothing counts twice, and nobody got an answer that was none. */
  async function allIsThere(): Promise<void> {
    await load.stop();
    expect(load.wrong).toEqual([]);
    const reference = new Reference().register(STORES);
    reference.take(load.acknowledged);
    const entries = reference.entries();
    const { cluster } = chain;
    await atRest(chain.served().http);
    for (const [instance, { lives }] of cluster.loyaltyTier.entries()) {
      if (!lives) continue;
      const { http } = chain.served(instance);
      expect(await http.get('/v1/digest')).toMatchObject(ledgerDigest(entries));
      expect(await http.get('/v1/pyramid?asOf=2024-12-31')).toMatchObject(pyramidOf(ranked(entries)));
    }
  }

  it(
    'lose nothing that was acknowledged, and put requests off rather than fail',
    () =>
      chain.telling(async () => {
        const { cluster } = chain;
        await load.goesOn();
        for (const old of [...cluster.loyaltyTier]) {
          await (await cluster.addInstance()).untilReady();
          await load.goesOn();
          await stopsInOrder(old);
          await load.goesOn();
        }
        const watched = watchReadiness(cluster.purchase);
        await stopsInOrder(cluster.purchase);
        cluster.purchase.launch();
        await cluster.purchase.untilReady();
        await load.goesOn();
        // It was not ready any more, nobody was there, it said that it waits for what it needs, and was ready again.
        expect((await watched()).join(' ')).toMatch(/^(200 )?(503 )?0 (0 |503 )*503 (0 )?(503 )?200$/);
        expect(load.putOff).toBeGreaterThan(0);
        await allIsThere();
      }),
    240_000,
  );

  it('may be of two versions in one group, forward and back', async () => {
    const next = nextBuild();
    try {
      await chain.telling(async () => {
        const { cluster } = chain;
        const [first, second] = cluster.loyaltyTier as [ServiceProcess, ServiceProcess];
        const newer = await cluster.addInstance({}, next.path);
        await newer.untilReady();
        await stopsInOrder(second);
        await load.goesOn();
        // Both own partitions, answer each other's questions, and say so of themselves.
        for (const [instance, isNext] of [
          [0, false],
          [2, true],
        ] as const) {
          const status = await cluster.client(instance).tiers.get<TierStatus>('/v1/status');
          expect([status.version === NEXT_VERSION, status.instance.faults, status.instance.partitions.length]).toEqual([isNext, {}, 2]);
        }

        // The purchase service goes first, the last instance follows, on the files of the version before.
        await cluster.purchase.stop();
        cluster.purchase.launch({}, next.path);
        await cluster.purchase.untilReady();
        await load.goesOn();
        await stopsInOrder(first);
        first.launch({}, next.path);
        await first.untilReady();
        await load.goesOn();

        // And back again: what the newer version wrote does not keep the older one from it.
        await stopsInOrder(newer);
        second.launch();
        await second.untilReady();
        await cluster.purchase.stop();
        cluster.purchase.launch({}, WORKSPACE);
        await cluster.purchase.untilReady();
        await load.goesOn();
        await allIsThere();
        for (const { output } of cluster.loyaltyTier) expect(output).not.toMatch(/an item was parked|breaks its contract/);
      });
    } finally {
      next.remove();
    }
  }, 240_000);
});
