import { ChainUnderTest } from '../support/chain-under-test';
import { FAILPOINTS, failpointsInSources, RARELY, WHILE_TAKING_IN } from '../support/failpoints';
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

describe('killed while the log begins a new file', () => {
  it.each(RARELY)('at %s: every answered line is there', async (failpoint) => {
    const folder = testFolder();
    let platform = await PlatformProcess.start(folder.path);
    await platform.killAt(failpoint);
    // Lines of no use, as long as they are kept: 64 MiB come soon.
    const pieces = Array.from({ length: 400 }, (_, n) => Buffer.from(`${n}${'x'.repeat(262_144)}\n`));
    const { results, cut } = await platform.http.stream(pieces);
    await platform.died();
    expect(cut).toBe(true);
    platform = await PlatformProcess.start(folder.path);
    const { eventLog } = await platform.http.get<{ eventLog: { bytes: number; segments: number } }>('/v1/status');
    expect(eventLog.bytes).toBeGreaterThan(64 * 1024 * 1024);
    expect(eventLog.segments).toBe(2);
    for (const { quarantineId } of results.slice(-3)) await platform.http.get(`/v1/quarantine/${quarantineId}`);
    const { total } = await platform.http.get<{ total: { received: number } }>('/v1/intake/report');
    expect(total.received).toBeGreaterThanOrEqual(results.length);
    expect((await platform.http.stream([Buffer.from('x\n')])).results).toMatchObject([{ outcome: 'quarantined' }]);
    await platform.kill();
    folder.remove();
  });
});
