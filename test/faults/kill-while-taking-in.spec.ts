import { ChainUnderTest } from '../support/chain-under-test';
import { FAILPOINTS, failpointsInSources, WHILE_TAKING_IN } from '../support/failpoints';
import { PlatformProcess, testFolder } from '../support/platform-process';
import { seeded } from '../support/random';

const SEED = Number(process.env.REGULARS_SEED ?? 20_240_229);
const ROUNDS = Number(process.env.REGULARS_KILL_ROUNDS ?? 3);

it('lists every failpoint of the sources', () => {
  expect([...FAILPOINTS].sort()).toEqual(failpointsInSources());
});

describe(`killed while items are taken in (seed ${SEED})`, () => {
  const folder = testFolder();
  const chain = new ChainUnderTest(SEED);
  let platform: PlatformProcess;

  beforeAll(async () => {
    platform = await PlatformProcess.start(folder.path);
    await chain.registerStores(platform);
  }, 120_000);
  afterAll(async () => {
    await platform.kill();
    folder.remove();
  });

  /** After the death of the process: it starts, has all it acknowledged, and takes the rest. */
  async function recover(): Promise<void> {
    platform = await PlatformProcess.start(folder.path);
    await chain.acknowledgedAreThere(platform);
    await chain.resend(platform);
    await chain.verify(platform);
    await chain.replayIsEqual(platform);
  }

  it.each(WHILE_TAKING_IN)(
    'at %s: nothing acknowledged is lost, nothing counts twice',
    async (failpoint) => {
      await platform.killAt(failpoint, 3);
      for (let part = 0; part < 20 && chain.unacknowledged.length === 0; part++) await chain.ingest(platform, 120);
      await platform.died();
      await recover();
    },
    60_000,
  );

  it(`at ${ROUNDS} random moments: the same`, async () => {
    const random = seeded(SEED);
    for (let round = 0; round < ROUNDS; round++) {
      const after = random.int(0, 900);
      const streamed = await chain.ingest(platform, 700, (soFar) => {
        if (soFar >= after) void platform.kill();
      });
      await platform.kill();
      expect(streamed.results.length).toBeGreaterThanOrEqual(Math.min(after, streamed.results.length));
      await recover();
    }
  }, 600_000);

  it('knows everything at the end, and so does its replayed intake report', async () => {
    await chain.allIsKnown(platform);
    await chain.verify(platform);
    await chain.countsAgree(platform);
    for (const projection of ['intake-report', 'quarantine', 'terminals', 'stores']) await chain.replayIsEqual(platform, projection);
  }, 120_000);
});
