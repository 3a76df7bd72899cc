import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ChainUnderTest } from '../support/chain-under-test';
import { MAIN, NotStarted, PlatformProcess, testFolder } from '../support/platform-process';

const SEED = Number(process.env.REGULARS_SEED ?? 20_240_302);
const folder = testFolder();
const stopped = join(folder.path, 'stopped');
/** What the copied data directories hold. */
const chain = new ChainUnderTest(SEED);
let copies = 0;

/** A data directory of a platform that was stopped in order. */
function copy(): string {
  const path = join(folder.path, `copy-${copies++}`);
  cpSync(stopped, path, { recursive: true });
  return path;
}

function newestSegment(dataDir: string): string {
  const log = join(dataDir, 'event-log');
  return join(
    log,
    readdirSync(log)
      .filter((name) => name.endsWith('.log'))
      .sort()
      .at(-1) as string,
  );
}

/** Changes one byte in place. */
function garble(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] as number) ^ 0xff;
  writeFileSync(file, bytes);
}

async function refusal(dataDir: string): Promise<string> {
  const started = await PlatformProcess.start(dataDir).then(
    async (platform) => platform.stop().then(() => 'it started'),
    (error: unknown) => error as NotStarted,
  );
  if (!(started instanceof NotStarted)) throw new Error(String(started));
  expect(started.ended).toEqual({ code: 1, signal: null });
  return started.output;
}

beforeAll(async () => {
  const platform = await PlatformProcess.start(stopped);
  await chain.registerStores(platform);
  await chain.ingest(platform, 300);
  await chain.verify(platform);
  expect(await platform.stop()).toEqual({ code: 0, signal: null });
}, 60_000);
afterAll(() => folder.remove());

describe('a torn or damaged event log', () => {
  it.each([
    ['cut short', (file: string) => truncateSync(file, statSync(file).size - 7)],
    ['garbled at its end', (file: string) => garble(file, statSync(file).size - 3)],
    ['followed by half a record', (file: string) => writeFileSync(file, readFileSync(file).subarray(16, 90), { flag: 'a' })],
  ])('%s is cut to the last whole append, told, and kept', async (_, tear) => {
    const dataDir = copy();
    // The snapshot of the heads proves how much was durable; without it, this is what a power cut leaves.
    rmSync(join(dataDir, 'event-log', 'heads.snapshot'));
    tear(newestSegment(dataDir));
    rmSync(join(dataDir, 'read-models.db'));
    rmSync(join(dataDir, 'ledger'), { recursive: true });
    const platform = await PlatformProcess.start(dataDir);
    try {
      const { eventLog } = await platform.http.get<{ eventLog: { recovered: { cutBytes: number; keptIn: string } } }>('/v1/status');
      expect(eventLog.recovered.cutBytes).toBeGreaterThan(0);
      expect(existsSync(eventLog.recovered.keptIn)).toBe(true);
      expect(platform.output()).toContain('cut');
      await chain.allIsThereAgain(platform);
    } finally {
      await platform.stop();
    }
  });

  it('damaged in the middle is refused, naming the file, and left as it is', async () => {
    const dataDir = copy();
    const file = newestSegment(dataDir);
    garble(file, Math.floor(statSync(file).size / 3));
    const before = readFileSync(file);
    expect(await refusal(dataDir)).toContain(file);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('shorter than what is known to be durable is refused', async () => {
    const dataDir = copy();
    const file = newestSegment(dataDir);
    truncateSync(file, Math.floor(statSync(file).size / 2));
    expect(await refusal(dataDir)).toMatch(/LogDamaged|event log|position/);
  });
});

describe('lost or damaged derived state', () => {
  it.each([
    ['read models deleted', (dir: string) => rmSync(join(dir, 'read-models.db'))],
    ['ledger deleted', (dir: string) => rmSync(join(dir, 'ledger'), { recursive: true })],
    ['both deleted', (dir: string) => ['read-models.db', 'ledger'].forEach((name) => rmSync(join(dir, name), { recursive: true }))],
    ['manifest of the ledger garbled', (dir: string) => garble(join(dir, 'ledger', 'v1', 'manifest'), 20)],
    [
      'a segment of the ledger garbled',
      (dir: string) => ledgerFiles(dir, '.seg').forEach((file) => garble(file, statSync(file).size >> 1)),
    ],
    [
      'a segment of the ledger cut',
      (dir: string) => ledgerFiles(dir, '.seg').forEach((file) => truncateSync(file, statSync(file).size >> 1)),
    ],
    ['names of the ledger deleted', (dir: string) => ledgerFiles(dir, '.names').forEach((file) => rmSync(file))],
    ['snapshot of the stream heads garbled', (dir: string) => garble(join(dir, 'event-log', 'heads.snapshot'), 60)],
  ])('%s: built again from the events, to the bit', async (_, damage) => {
    const dataDir = copy();
    damage(dataDir);
    const platform = await PlatformProcess.start(dataDir);
    try {
      await chain.verify(platform);
    } finally {
      await platform.stop();
    }
  });

  it('damaged read models are refused with what to do', async () => {
    const dataDir = copy();
    const file = join(dataDir, 'read-models.db');
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 0, 2_000);
    writeFileSync(file, bytes);
    const message = await refusal(dataDir);
    expect(message).toContain(file);
    expect(message).toMatch(/delete this file/);
  });

  function ledgerFiles(dir: string, suffix: string): string[] {
    const ledger = join(dir, 'ledger', 'v1');
    const files = readdirSync(ledger).filter((name) => name.endsWith(suffix));
    expect(files.length).toBeGreaterThan(0);
    return files.map((name) => join(ledger, name));
  }
});

describe('a full disk', () => {
  it('is refused cleanly, loses nothing acknowledged, and the rest is taken once there is room', async () => {
    const dataDir = join(folder.path, 'full');
    const sender = new ChainUnderTest(SEED + 1);
    let platform = await PlatformProcess.start(dataDir, { fileBlocksMax: 1_000 });
    await sender.registerStores(platform);
    let problem: { readonly code: string } | undefined;
    for (let part = 0; part < 40 && !problem; part++) {
      const streamed = await sender.ingest(platform, 200);
      expect(streamed.cut).toBe(false);
      problem = streamed.problem;
    }
    expect(problem).toMatchObject({ code: 'store.unavailable', status: 503 });
    // What still fits may be taken; what does not is refused by every road.
    const lines = Array.from({ length: 1_000 }, () => ({ sku: 'x'.repeat(90), quantity: 1, unitPrice: 1 }));
    const big = { store: 'berlin', terminal: 'big', occurredAt: '2024-03-01T10:00:00Z', lines };
    let one = await platform.http.post('/v1/purchases', { ...big, receipt: '0' });
    for (let n = 1; n < 20 && one.status === 201; n++) one = await platform.http.post('/v1/purchases', { ...big, receipt: String(n) });
    expect([one.status, one.body.code]).toEqual([503, 'store.unavailable']);
    expect((await platform.http.send('/health/live')).status).toBe(200);
    await platform.kill();
    platform = await PlatformProcess.start(dataDir);
    await sender.acknowledgedAreThere(platform);
    await sender.resend(platform);
    await sender.allIsThereAgain(platform);
    await platform.stop();
  }, 60_000);

  it('goes on by itself where the room comes back', async () => {
    const platform = await PlatformProcess.start(copy());
    try {
      for (const moment of ['log.before-write', 'log.after-write', 'log.after-sync']) {
        await platform.failAt(moment);
        const streamed = await chain.ingest(platform, 30);
        expect(streamed).toMatchObject({ problem: { code: 'store.unavailable' }, results: [], cut: false });
        await platform.failAt(null);
        await chain.resend(platform);
        await chain.verify(platform);
      }
    } finally {
      await platform.stop();
    }
  });
});

describe('a data directory in use', () => {
  it('is refused to a second process, which says so; the first goes on', async () => {
    const dataDir = copy();
    const platform = await PlatformProcess.start(dataDir);
    try {
      const second = spawnSync(process.execPath, [MAIN, '--data', dataDir, '--port', '0', '--empty'], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH },
      });
      expect(second.status).toBe(1);
      expect(second.stderr).toContain('is in use by another process');
      expect(second.stderr).not.toMatch(/^\s+at /m);
      expect((await platform.http.send('/health/ready')).status).toBe(200);
    } finally {
      await platform.stop();
    }
  });
});

describe('the real entry point', () => {
  it('dies where REGULARS_FAILPOINT says', () => {
    const options = { encoding: 'utf8', env: { PATH: process.env.PATH, REGULARS_FAILPOINT: 'read-models.open-after-commit:2' } } as const;
    const run = spawnSync(process.execPath, [MAIN, '--data', join(folder.path, 'real'), '--port', '0', '--empty'], options);
    expect(run.signal).toBe('SIGKILL');
  });
});
