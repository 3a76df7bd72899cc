import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { position, sale, voided } from '../spec-support/purchases';
import { ContributionLedger } from './ledger';
import { DAY_MAX } from './ledger-rows';
import { LedgerWorkers } from './ledger-workers';
import type { Contributions } from './snapshot';

const workers = new LedgerWorkers();
const netTotal = ({ sums }: Contributions): number => sums.reduce((total, value, i) => (i % 2 === 0 ? total + value : total), 0);
const ever = { fromDay: 0, toDay: DAY_MAX };
let root: string;
let ledger: ContributionLedger;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'ledger-'));
  ledger = await ContributionLedger.open({ directory: root, workers });
});
afterEach(async () => {
  await ledger.close();
  rmSync(root, { recursive: true, force: true });
});
afterAll(() => workers.close());

test('a change that cannot be held changes nothing at all', async () => {
  ledger.apply([sale('a', 100)], { log: position(1) });
  const before = { digest: await ledger.digest(), stats: ledger.stats() };
  const bad = [
    sale('b', 1, { date: '1969-12-31' }),
    sale('b', 1, { date: '2150-01-01' }),
    sale('b', 10_000_000_000_001),
    sale('x'.repeat(1_025), 1),
    sale('\ud800', 1),
    sale('b', 1, { store: 'é'.repeat(600) }),
    sale('b', 1, { category: 'é'.repeat(600) }),
  ];
  for (const change of bad) {
    expect(() => ledger.apply([sale('new', 5, { store: 'new', category: 'new' }), change], { log: position(2) })).toThrow(RangeError);
  }
  expect(() => ledger.apply([sale('a', 1)], { log: position(0) })).toThrow('may not go back');
  expect({ digest: await ledger.digest(), stats: ledger.stats() }).toEqual(before);
  expect(ledger.hasStore('new')).toBe(false);
  expect(ledger.positions).toEqual({ log: position(1) });
});

test('a voided receipt leaves no trace, before and after compaction', async () => {
  const receipt = sale('a', 0, { store: 's9' });
  const empty = await ledger.digest();
  ledger.apply([receipt, voided(receipt)], { log: position(1) });
  expect(await ledger.digest()).toEqual(empty);
  expect((await ledger.ranking(ever, { count: 'all', percents: [100] })).ranking.customers).toBe(0);
  await ledger.compact();
  expect(ledger.stats().rows).toBe(0);
  expect(await ledger.digest()).toEqual(empty);
});

test('purchases without a customer make no rows but move the position', async () => {
  ledger.apply([sale(null, 100)], { log: position(4) });
  expect(ledger.stats()).toMatchObject({ customers: 0, rows: 0 });
  expect(ledger.positions).toEqual({ log: position(4) });
});

test('a query sees what was applied when it began, while rows, flushes and compactions go on', async () => {
  for (let n = 1; n <= 30; n++) {
    ledger.apply([sale(`c${n % 5}`, 1)], { log: position(n) });
    const query = ledger.contributions(ever);
    const digest = ledger.digest();
    ledger.apply([sale('later', 1_000)], { log: position(n) });
    const work = n % 7 === 0 ? ledger.compact() : ledger.flush();
    const sum = netTotal(await query);
    expect(sum).toBe(n + (n - 1) * 1_000);
    expect((await digest).customers).toBe(Math.min(n, 5) + (n > 1 ? 1 : 0));
    await work;
  }
});

test('amounts beyond 32 bits, and many visits on one day, add up exactly', async () => {
  const many = Array.from({ length: 1_000 }, () => sale('a', 9_999_999_999, { cost: 9_999_999_998 }));
  ledger.apply(many, { log: position(1) });
  for (const step of [() => ledger.flush(), () => ledger.compact(), () => ledger.close()]) {
    const customer = await ledger.customer('a', ever);
    expect(customer).toMatchObject({ net: 9_999_999_999_000, margin: 1_000, marginKnown: 9_999_999_999_000, visits: 1_000 });
    await step();
  }
});

test('it flushes by itself, and merges small segments in the background', async () => {
  const errors: unknown[] = [];
  await ledger.close();
  ledger = await ContributionLedger.open({ directory: root, workers, flushRowsMax: 10, onBackgroundError: (error) => errors.push(error) });
  for (let n = 1; n <= 400; n++) {
    ledger.apply([sale(`c${n % 50}`, n)], { log: position(n) });
    if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await ledger.close();
  expect(errors).toEqual([]);
  expect(ledger.durablePositions).toEqual({ log: position(400) });
  ledger = await ContributionLedger.open({ directory: root, workers });
  expect(ledger.stats().segments).toBeLessThan(20);
  expect(netTotal(await ledger.contributions(ever))).toBe((400 * 401) / 2);
});

test('a closed ledger takes nothing more', async () => {
  await ledger.close();
  expect(() => ledger.apply([sale('a', 1)], {})).toThrow('closed');
});
