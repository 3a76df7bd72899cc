import { ChainUnderTest, finishedReplay, type Replay, settledReplay } from '../support/chain-under-test';
import { WHILE_COMPACTING, WHILE_DROPPING, WHILE_FLUSHING, WHILE_OPENING, WHILE_SWITCHING } from '../support/failpoints';
import { NotStarted, PlatformProcess, testFolder } from '../support/platform-process';

const SEED = Number(process.env.REGULARS_SEED ?? 20_240_301);
const ITEMS = 60;

describe(`killed while state is kept, compacted, replayed and switched (seed ${SEED})`, () => {
  const folder = testFolder();
  const chain = new ChainUnderTest(SEED);
  let platform: PlatformProcess;

  beforeAll(async () => {
    platform = await PlatformProcess.start(folder.path);
    await chain.registerStores(platform);
  }, 60_000);
  afterAll(async () => {
    await platform.kill();
    folder.remove();
  });
  /** Each test finds a platform with everything taken in. */
  beforeEach(async () => {
    await chain.ingest(platform, ITEMS);
  });

  async function recover(): Promise<void> {
    await platform.died();
    platform = await PlatformProcess.start(folder.path);
    await chain.verify(platform);
  }

  it.each(WHILE_FLUSHING)('at %s, stopping: figures are right and can be replayed', async (failpoint) => {
    await platform.killAt(failpoint);
    void platform.stop();
    await recover();
    await chain.replayIsEqual(platform);
  });

  it.each(WHILE_COMPACTING)('at %s: figures are right and can be replayed', async (failpoint) => {
    await platform.killAt(failpoint);
    const untilDead = async () => {
      // Each replay makes the live ledger keep a segment; eight of them are merged.
      for (let round = 0; round < 20; round++) {
        await chain.ingest(platform, 5);
        await chain.replayIsEqual(platform);
      }
    };
    await untilDead().catch(() => undefined);
    await platform.died();
    platform = await PlatformProcess.start(folder.path);
    await chain.resend(platform);
    await cancelAll(platform);
    await chain.verify(platform);
    await chain.replayIsEqual(platform);
  });

  it.each(WHILE_OPENING)('at %s, starting: the next start is right', async (failpoint) => {
    await platform.stop();
    await expect(PlatformProcess.start(folder.path, { failpoint: `${failpoint}:3` })).rejects.toThrow(NotStarted);
    platform = await PlatformProcess.start(folder.path);
    await chain.verify(platform);
  });

  it.each(WHILE_DROPPING)('at %s, cancelling a replay: the live version stays', async (failpoint) => {
    const { id } = await finishedReplay(platform.http, 'intake-report');
    await platform.killAt(failpoint);
    await platform.http.post(`/v1/replays/${id}:cancel`, {}).catch(() => undefined);
    await recover();
    await cancelAll(platform);
    await chain.replayIsEqual(platform, 'intake-report');
  });

  it.each(WHILE_SWITCHING.flatMap((failpoint) => ['contribution', 'intake-report'].map((projection) => [failpoint, projection] as const)))(
    'at %s of %s: one whole version is live, and replays go on',
    async (failpoint, projection) => {
      const { id } = await finishedReplay(platform.http, projection);
      await platform.killAt(failpoint);
      await platform.http.post(`/v1/replays/${id}:switch`, {}).catch(() => undefined);
      await recover();
      await cancelAll(platform);
      await chain.verify(platform);
      await chain.replayIsEqual(platform, projection);
      // What was cancelled must not have been what is read.
      await platform.stop();
      platform = await PlatformProcess.start(folder.path);
      await chain.verify(platform);
    },
  );

  it('while a replay runs: it is found again, goes on, and can be switched to and rolled back', async () => {
    const { body } = await platform.http.post<Replay>('/v1/replays', { projection: 'contribution' });
    await platform.kill();
    platform = await PlatformProcess.start(folder.path);
    const found = await platform.http.get<Replay>(`/v1/replays/${body.id}`);
    expect(['paused', 'ready']).toContain(found.state);
    if (found.state === 'paused') await platform.http.post(`/v1/replays/${body.id}:resume`, {});
    expect(await settledReplay(platform.http, body.id)).toMatchObject({ state: 'ready', digestsEqual: true });
    const switched = await platform.http.post(`/v1/replays/${body.id}:switch`, {});
    expect([switched.status, switched.body]).toMatchObject([200, { state: 'switched' }]);
    await chain.ingest(platform, ITEMS);
    await chain.verify(platform);
    const back = await platform.http.post(`/v1/replays/${body.id}:rollback`, {});
    expect([back.status, back.body]).toMatchObject([200, { state: 'rolled-back' }]);
    await chain.verify(platform);
  });

  it('takes one replay of a projection at a time', async () => {
    const [one, two] = await Promise.all(
      [0, 1].map(() => platform.http.post<Replay & { code?: string }>('/v1/replays', { projection: 'contribution' })),
    );
    const codes = [one, two].map((answer) => (answer?.status === 201 ? 'started' : answer?.body.code));
    expect(codes.sort()).toEqual(['replay.running', 'started']);
    await cancelAll(platform);
  });
});

/** Cancels what is under way. */
async function cancelAll({ http }: PlatformProcess): Promise<void> {
  const { items } = await http.get<{ items: readonly Replay[] }>('/v1/replays');
  for (const { id, state } of items) {
    if (!['running', 'paused', 'ready'].includes(state)) continue;
    if (state === 'running') await settledReplay(http, id);
    const { status, text } = await http.post(`/v1/replays/${id}:cancel`, {});
    if (status !== 200) throw new Error(`cancel: ${status} ${text}`);
  }
}
