import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seeded } from '../support/random';
import { ChainOnCluster, relaunch } from './support/chain-on-cluster';

const SEED = Number(process.env.REGULARS_SEED ?? 20_240_301);
const ROUNDS = Number(process.env.REGULARS_KILL_ROUNDS ?? 2);
const ITEMS = 30;

/** Moments of making durable what an instance has taken in; all of them come when it gives its partitions up. */
const WHILE_FLUSHING = ['ledger.before-flush', 'ledger.after-segment', 'ledger.before-manifest', 'ledger.after-manifest'] as const;

describe(`instances of loyalty-tier are killed, and lose their ledgers (seed ${SEED})`, () => {
  let running: ChainOnCluster;
  const instance = () => running.cluster.loyaltyTier[0]!;
  const ledgers = () => join(running.cluster.folder, 'loyalty-tier-0', 'ledger');
  const partitions = () => readdirSync(ledgers()).filter((name) => !name.endsWith('.damaged'));

  beforeAll(async () => {
    running = await ChainOnCluster.start(SEED);
    await running.ingest(ITEMS);
    await running.settle();
  }, 180_000);
  afterAll(() => running?.close());

  it.each(WHILE_FLUSHING)('at %s: every instance comes to the figures of the reference', async (moment) => {
    await relaunch(instance(), { REGULARS_FAILPOINT: moment });
    await running.owning(0);
    await running.ingest(ITEMS);
    // It dies when it stops, or at one of the times at which it flushes anyway.
    if (instance().lives) process.kill(instance().pid, 'SIGTERM');
    await instance().died();
    expect(await instance().stop()).toBeNull();
    instance().launch();
    await running.settle();
  });

  it(`at ${ROUNDS} random moments under load, one or all: the same`, async () => {
    const random = seeded(SEED);
    for (let round = 0; round < ROUNDS; round++) {
      const after = random.int(0, 2 * ITEMS);
      const victims = random.chance(50) ? running.cluster.loyaltyTier : [random.pick(running.cluster.loyaltyTier)];
      let killed: Promise<unknown> | undefined;
      await running.ingest(3 * ITEMS, (soFar) => {
        if (soFar >= after) killed ??= Promise.all(victims.map((victim) => victim.kill()));
      });
      await killed;
      for (const victim of victims) if (!victim.lives) victim.launch();
      await running.settle();
    }
  });

  /**
   * Stops all instances in order, does something to the ledgers of one, and starts that one with something new to take in: alone, so
   * that it owns every partition, those whose ledgers it had among them. Then the others come back.
   */
  async function whileStopped(change: () => void): Promise<void> {
    await running.owning(0);
    for (const each of running.cluster.loyaltyTier) expect(await each.stop()).toBe(0);
    change();
    await running.ingest(ITEMS);
    instance().launch();
    await instance().untilReady();
    await running.settle([0]);
    for (const other of running.cluster.loyaltyTier) if (!other.lives) other.launch();
    for (const other of running.cluster.loyaltyTier) await other.untilReady();
    await running.settle();
  }

  it('a damaged ledger is put aside and built again from the bus', async () => {
    const random = seeded(SEED);
    await whileStopped(() => {
      expect(partitions()).not.toEqual([]);
      for (const partition of partitions()) damage(join(ledgers(), partition), random.int(0, 1_000));
    });
    expect(readdirSync(ledgers()).filter((name) => name.endsWith('.damaged'))).not.toEqual([]);
    expect(instance().output).toMatch(/damaged and built again from the events/);
  });

  it('a lost ledger is built again from the bus', async () => {
    await whileStopped(() => rmSync(ledgers(), { recursive: true }));
  });

  it('an older ledger beside newer commits of its group is found and brought up to date', async () => {
    const older = join(running.cluster.folder, 'older-ledger');
    await whileStopped(() => cpSync(ledgers(), older, { recursive: true }));
    await running.ingest(3 * ITEMS);
    await running.settle();
    await whileStopped(() => {
      rmSync(ledgers(), { recursive: true });
      cpSync(older, ledgers(), { recursive: true });
    });
  });

  it('a ledger whose manifest was cut off is built again', async () => {
    await whileStopped(() => {
      for (const partition of partitions()) {
        const manifest = join(ledgers(), partition, 'manifest');
        if (existsSync(manifest)) truncateSync(manifest, 20);
      }
    });
  });
});

/** Turns a byte over in every file of a folder. */
function damage(folder: string, place: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const bytes = readFileSync(file);
    if (bytes.length === 0) continue;
    const at = place % bytes.length;
    bytes[at] = (bytes[at] as number) ^ 0x55;
    writeFileSync(file, bytes);
  }
}
