import { setTimeout as sleep } from 'node:timers/promises';
import { ChainOnCluster, relaunch } from './support/chain-on-cluster';
import type { ServiceProcess } from './support/service-process';

const PARTITIONS = 6;
/** A little longer than the session timeout of the cluster. */
const PAST_SESSION_MS = 7_000;

interface TierStatus {
  readonly instance: { readonly partitions: readonly { readonly source: string }[]; readonly faults: object };
}

describe('instances of loyalty-tier that come and go while tills send', () => {
  let chain: ChainOnCluster;
  let going = true;
  let stream: Promise<void> = Promise.resolve();
  beforeAll(async () => {
    chain = await ChainOnCluster.start(11, { partitions: PARTITIONS, instances: 2 });
  });
  afterAll(() => chain?.close());

  const instance = (number: number) => chain.cluster.loyaltyTier[number] as ServiceProcess;

  /** The partitions each of some instances owns, as soon as all have exactly one owner among them. */
  async function shares(instances: readonly number[]): Promise<number[]> {
    for (const deadline = Date.now() + 60_000; ; await sleep(100)) {
      const all = await Promise.all(instances.map((number) => chain.cluster.client(number).tiers.get<TierStatus>('/v1/status')));
      const owned = all.map(({ instance: { partitions } }) => partitions.map(({ source }) => source));
      if (owned.flat().length === PARTITIONS && new Set(owned.flat()).size === PARTITIONS) return owned.map(({ length }) => length);
      if (Date.now() > deadline) throw new Error(`Partitions are not shared out: ${JSON.stringify(owned)}`);
    }
  }

  function startStream(): void {
    going = true;
    stream = (async () => {
      while (going) {
        await chain.ingest(10);
        // What waits in quarantine for its purchase must not pile up while the machine is busy with processes.
        await sleep(500);
      }
    })();
  }

  async function stopStream(): Promise<void> {
    going = false;
    await stream;
  }

  it(
    'lose nothing and come to the figures of the reference: added, stopped, killed, frozen past the session and back',
    () =>
      chain.telling(async () => {
        startStream();
        try {
          await (await chain.cluster.addInstance()).untilReady();
          expect(await shares([0, 1, 2])).toEqual([2, 2, 2]);
          expect(await instance(0).stop()).toBe(0);
          expect(await shares([1, 2])).toEqual([3, 3]);
          // On the files it had: it goes on from there, not from the beginning.
          await relaunch(instance(0));
          await instance(1).kill();
          expect(await shares([0, 2])).toEqual([3, 3]);
          await relaunch(instance(1));
          expect(await shares([0, 1, 2])).toEqual([2, 2, 2]);
          instance(2).freeze();
          await sleep(PAST_SESSION_MS);
          expect(await shares([0, 1])).toEqual([3, 3]);
          instance(2).thaw();
          // It gives up what is not its own any more, and gets a share again.
          expect(await shares([0, 1, 2])).toEqual([2, 2, 2]);
        } finally {
          await stopStream();
        }
        await chain.settle();
      }),
    240_000,
  );
});
