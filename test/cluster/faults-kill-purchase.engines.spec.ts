import { finishedReplay } from '../support/chain-under-test';
import { WHILE_RELAYING } from '../support/failpoints';
import { seeded } from '../support/random';
import { ChainOnCluster, relaunch } from './support/chain-on-cluster';

const SEED = Number(process.env.REGULARS_SEED ?? 20_240_229);
const ROUNDS = Number(process.env.REGULARS_KILL_ROUNDS ?? 2);
const ITEMS = 30;

/** Moments between a till's request and the relay's checkpoint. */
const MOMENTS = [
  'log.before-write',
  'log.after-write',
  'log.after-sync',
  'intake.after-append',
  'intake.before-ack',
  ...WHILE_RELAYING,
] as const;
const WHILE_SWITCHING = ['replay.before-switch', 'replay.after-switch'] as const;

describe(`the purchase process is killed (seed ${SEED})`, () => {
  let running: ChainOnCluster;
  beforeAll(async () => {
    running = await ChainOnCluster.start(SEED);
  }, 180_000);
  afterAll(() => running?.close());

  it.each(MOMENTS)('at %s: nothing acknowledged is lost, nothing counts twice, on the bus neither', async (moment) => {
    const { purchase, chain } = running;
    await relaunch(purchase, { REGULARS_FAILPOINT: moment });
    await running.ingest(ITEMS);
    await purchase.died();
    await relaunch(purchase);
    await chain.acknowledgedAreThere(running.served());
    await running.settle();
  });

  it(`at ${ROUNDS} random moments under load: the same`, async () => {
    const random = seeded(SEED);
    for (let round = 0; round < ROUNDS; round++) {
      const after = random.int(0, 2 * ITEMS);
      await running.ingest(2 * ITEMS, (soFar) => {
        if (soFar >= after) void running.purchase.kill();
      });
      await relaunch(running.purchase);
      await running.settle();
    }
  });

  it.each(WHILE_SWITCHING)('at %s: one whole version is live', async (moment) => {
    await relaunch(running.purchase, { REGULARS_FAILPOINT: moment });
    const { http } = running.served();
    const { id } = await finishedReplay(http, 'intake-report');
    await http.post(`/v1/replays/${id}:switch`, {}).catch(() => undefined);
    await running.purchase.died();
    await relaunch(running.purchase);
    await http.post(`/v1/replays/${id}:cancel`, {});
    await running.settle();
    await running.chain.replayIsEqual(running.served(), 'intake-report');
  });

  it('knows everything at the end', async () => {
    await running.chain.allIsKnown(running.served());
    await running.settle();
  });
});
