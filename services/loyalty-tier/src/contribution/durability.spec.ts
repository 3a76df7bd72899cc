import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { position, sale } from '../spec-support/purchases';
import { LedgerDamaged } from './damaged';
import { ContributionLedger } from './ledger';
import type { LedgerFailpoint } from './ledger-files';
import type { SignedChange } from './ledger-memory';
import { LedgerWorkers } from './ledger-workers';

const workers = new LedgerWorkers();
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ledger-durability-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
afterAll(() => workers.close());

const open = (directory: string, options: Partial<Parameters<typeof ContributionLedger.open>[0]> = {}): Promise<ContributionLedger> =>
  ContributionLedger.open({ directory, workers, ...options });

/** Batch n of a history in which every batch brings new names, old customers and a huge amount. */
function batch(n: number): SignedChange[] {
  const date = `2026-03-${String((n % 28) + 1).padStart(2, '0')}`;
  return [
    sale(`c${n}`, 100 + n, { date, store: `s${n % 3}`, category: `k${n % 4}`, cost: 50 }),
    sale('c0', 7, { date, store: 's0', category: 'k0' }),
    sale('big', 5_000_000_000, { date }),
    sale(`c${n - 1}`, -20, { date, quantity: -1000 }),
  ];
}

const applyBatch = (ledger: ContributionLedger, n: number): void =>
  ledger.apply(batch(n), { log: position(n) }, [{ store: `s${n % 3}`, region: 'north' }]);

/** Digest of the first n batches, from a ledger that never saw a file of another. */
const expected = new Map<number, string>();
async function digestOf(n: number): Promise<string> {
  const known = expected.get(n);
  if (known) return known;
  const ledger = await open(join(root, `expected-${n}`));
  for (let i = 1; i <= n; i++) applyBatch(ledger, i);
  const { digest } = await ledger.digest();
  await ledger.close();
  expected.set(n, digest);
  return digest;
}

const failpoints: readonly LedgerFailpoint[] = [
  'ledger.before-flush',
  'ledger.after-segment',
  'ledger.before-manifest',
  'ledger.after-manifest',
  'ledger.compaction-before-switch',
  'ledger.compaction-after-switch',
];

describe('a process that dies', () => {
  test.each(failpoints)('at %s leaves a prefix with its own position, and goes on from there', async (failpoint) => {
    const directory = join(root, 'ledger');
    const copies: string[] = [];
    const copy = (name: LedgerFailpoint): void => {
      if (name !== failpoint) return;
      const to = join(root, `copy-${copies.length}`);
      mkdirSync(directory, { recursive: true });
      cpSync(directory, to, { recursive: true });
      copies.push(to);
    };
    const ledger = await open(directory, { failpoint: copy });
    for (let n = 1; n <= 12; n++) {
      applyBatch(ledger, n);
      if (n % 3 === 0) await ledger.flush();
      if (n % 6 === 0) await ledger.compact();
    }
    await ledger.close();
    expect(copies.length).toBeGreaterThanOrEqual(2);
    for (const from of copies) {
      const again = await open(from);
      const at = Number(again.positions['log'] ?? 0);
      expect((await again.digest()).digest).toBe(await digestOf(at));
      for (let n = at + 1; n <= 12; n++) applyBatch(again, n);
      await again.compact();
      expect((await again.digest()).digest).toBe(await digestOf(12));
      expect(again.storesOf('north').sort()).toEqual(['s0', 's1', 's2']);
      await again.close();
    }
  });

  test('leaves files that no manifest names; they are removed', async () => {
    const directory = join(root, 'ledger');
    const ledger = await open(directory);
    applyBatch(ledger, 1);
    await ledger.close();
    writeFileSync(join(directory, 'segment-00000099.seg'), 'half a segme');
    writeFileSync(join(directory, 'manifest.tmp'), 'half a manif');
    const names = join(directory, 'customers.names');
    const { size } = statSync(names);
    writeFileSync(names, Buffer.concat([readFileSync(names), Buffer.from('half a chunk')]));
    const again = await open(directory);
    expect((await again.digest()).digest).toBe(await digestOf(1));
    await again.close();
    expect(existsSync(join(directory, 'segment-00000099.seg'))).toBe(false);
    expect(existsSync(join(directory, 'manifest.tmp'))).toBe(false);
    expect(statSync(names).size).toBe(size);
  });
});

describe('a file that is not what was written', () => {
  async function written(): Promise<string> {
    const directory = join(root, 'ledger');
    const ledger = await open(directory);
    for (let n = 1; n <= 5; n++) applyBatch(ledger, n);
    await ledger.compact();
    for (let n = 6; n <= 9; n++) applyBatch(ledger, n);
    await ledger.close();
    return directory;
  }

  test('is found wherever a byte has flipped', async () => {
    const directory = await written();
    const files = readdirSync(directory);
    expect(files.length).toBeGreaterThanOrEqual(7);
    for (const file of files) {
      const path = join(directory, file);
      const original = readFileSync(path);
      for (let at = 0; at < original.length; at += Math.max(1, Math.floor(original.length / 25))) {
        const damaged = Buffer.from(original);
        damaged[at] = damaged[at]! ^ 0x10;
        writeFileSync(path, damaged);
        await expect(open(directory)).rejects.toBeInstanceOf(LedgerDamaged);
      }
      writeFileSync(path, original);
    }
    const ledger = await open(directory);
    expect((await ledger.digest()).digest).toBe(await digestOf(9));
    await ledger.close();
  });

  test.each(['shortened', 'emptied', 'removed'])('is found where it was %s', async (how) => {
    const directory = await written();
    for (const file of readdirSync(directory).filter((name) => name !== 'manifest' || how !== 'removed')) {
      const path = join(directory, file);
      const original = readFileSync(path);
      if (how === 'removed') rmSync(path);
      else truncateSync(path, how === 'emptied' ? 0 : original.length - 1);
      await expect(open(directory)).rejects.toThrow(file);
      writeFileSync(path, original);
    }
  });

  test('is not used without its manifest: the ledger is empty and reads everything again', async () => {
    const directory = await written();
    rmSync(join(directory, 'manifest'));
    const ledger = await open(directory);
    expect(ledger.positions).toEqual({});
    expect(ledger.stats()).toMatchObject({ customers: 0, rows: 0 });
    for (let n = 1; n <= 9; n++) applyBatch(ledger, n);
    await ledger.flush();
    expect((await ledger.digest()).digest).toBe(await digestOf(9));
    await ledger.close();
    const again = await open(directory);
    expect((await again.digest()).digest).toBe(await digestOf(9));
    await again.close();
  });
});

describe('a disk that takes nothing', () => {
  test('fails the flush, keeps answering, and loses nothing once it takes writes again', async () => {
    const directory = join(root, 'ledger');
    let full = true;
    const ledger = await open(directory, {
      failpoint: (name) => {
        if (full && name === 'ledger.before-manifest') throw new Error('no space left on device');
      },
    });
    applyBatch(ledger, 1);
    await expect(ledger.flush()).rejects.toThrow('no space');
    applyBatch(ledger, 2);
    await expect(ledger.flush()).rejects.toThrow('no space');
    expect((await ledger.digest()).digest).toBe(await digestOf(2));
    expect(ledger.durablePositions).toEqual({});
    full = false;
    await ledger.close();
    const again = await open(directory);
    expect(again.positions).toEqual({ log: position(2) });
    expect((await again.digest()).digest).toBe(await digestOf(2));
    await again.close();
  });
});
