import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContributionLedger } from '../contribution/ledger';
import { LedgerWorkers } from '../contribution/ledger-workers';
import { position, sale } from '../spec-support/purchases';
import { customerTier } from './customer-tier';
import { pyramid, share } from './pyramid';

const workers = new LedgerWorkers();
const query = { asOf: '2026-12-31', currency: 'EUR' };
let root: string;
let ledger: ContributionLedger;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'pyramid-'));
  ledger = await ContributionLedger.open({ directory: root, workers });
});
afterEach(async () => {
  await ledger.close();
  rmSync(root, { recursive: true, force: true });
});
afterAll(() => workers.close());

const sell = (amounts: readonly number[]): void =>
  ledger.apply(
    amounts.map((amount, i) => sale(`c${i}`, amount)),
    { log: position(1) },
  );
const heads = async (): Promise<number[]> => (await pyramid(ledger, query)).groups.map(({ customers }) => customers);

test('shares are rounded half up from the exact ratio', () => {
  expect(share(1n, 3n)).toBe(33.33);
  expect(share(2n, 3n)).toBe(66.67);
  expect(share(1n, 20_000n)).toBe(0.01);
  expect(share(-1n, 20_000n)).toBe(0);
  expect(share(-3n, 20_000n)).toBe(-0.01);
  expect(share(1n, -20_000n)).toBe(0);
  expect(share(9_007_199_254_740_991n, 9_007_199_254_740_991n * 3n)).toBe(33.33);
  expect(share(5n, 0n)).toBeNull();
});

test.each([
  [0, [0, 0, 0, 0]],
  [1, [0, 0, 1, 0]],
  [2, [0, 1, 0, 1]],
  [3, [0, 1, 1, 1]],
  [4, [0, 1, 1, 2]],
  [5, [1, 0, 2, 2]],
  [10, [1, 2, 3, 4]],
  [20, [2, 3, 7, 8]],
])('%i customers fall into groups by cumulative cuts, rounded half up', async (n, expected) => {
  sell(Array.from({ length: n }, (_, i) => 100 - i));
  expect(await heads()).toEqual(expected);
});

test('an empty pyramid has no shares of an amount, no cuts and no averages', async () => {
  const empty = await pyramid(ledger, query);
  expect(empty).toMatchObject({ customers: 0, total: 0, top20Share: null, top25Share: null, position: null });
  for (const group of empty.groups)
    expect(group).toMatchObject({ customersShare: 0, amount: 0, amountShare: null, cut: null, average: null });
});

test('ties go by customer id in UTF-8 bytes', async () => {
  const ids = ['b', 'é', 'a', 'Z', '客', 'aa', '1', '𝒳', '10', 'ﬀ'];
  ledger.apply(
    ids.map((id) => sale(id, 50)),
    { log: position(1) },
  );
  const byBytes = [...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const tiers = await Promise.all(byBytes.map(async (id) => (await customerTier(ledger, id, query)).tier));
  expect(tiers).toEqual(['devoted', ...Array(2).fill('steady'), ...Array(3).fill('floating'), ...Array(4).fill('trial')]);
});

test('customers at or below zero stay in, unless only those above zero count', async () => {
  sell([300, 200, 100, 0]);
  ledger.apply([sale('back', -500, { quantity: -1000 })], { log: position(2) });
  const all = await pyramid(ledger, query);
  expect(all).toMatchObject({ customers: 5, total: 100, top20Share: 300 });
  expect(all.groups.at(-1)).toMatchObject({ tier: 'trial', customers: 2, amount: -500, amountShare: -500, cut: -500, average: -250 });
  expect(await pyramid(ledger, { ...query, count: 'positive' })).toMatchObject({ customers: 3, total: 600 });
});

test('a region, a store and a category see their own sales and visits; unknown ones are refused', async () => {
  ledger.apply(
    [sale('a', 100, { store: 's1', category: 'food' }), sale('a', 40, { store: 's2', category: 'toys' }), sale('b', 7, { store: 's2' })],
    { log: position(1) },
    [
      { store: 's1', region: 'north' },
      { store: 's2', region: 'south' },
      { store: 's3', region: 'south' },
    ],
  );
  const total = async (scope: string): Promise<[number, number]> => {
    const { customers, total } = await pyramid(ledger, { ...query, scope });
    return [customers, total];
  };
  expect(await total('chain')).toEqual([2, 147]);
  expect(await total('region:north')).toEqual([1, 100]);
  expect(await total('region:south')).toEqual([2, 47]);
  expect(await total('store:s2')).toEqual([2, 47]);
  expect(await total('store:s3')).toEqual([0, 0]);
  expect(await total('category:toys')).toEqual([1, 40]);
  for (const scope of ['region:east', 'store:s9', 'category:none', 'city:x', 'store:', '', 'Chain']) {
    await expect(pyramid(ledger, { ...query, scope })).rejects.toMatchObject({ code: 'pyramid.scope' });
  }
  ledger.apply([], { log: position(2) }, [{ store: 's1', region: 'south' }]);
  expect(await total('region:south')).toEqual([2, 147]);
});

test('the digest tells tiers, amounts, window and scope apart, and not positions', async () => {
  sell([5, 4, 3, 2, 1]);
  const { digest } = await pyramid(ledger, query);
  ledger.apply([], { log: position(9) });
  const later = await pyramid(ledger, query);
  expect(later).toMatchObject({ digest, position: position(9) });
  const others = [
    await pyramid(ledger, { ...query, asOf: '2026-12-30' }),
    await pyramid(ledger, { ...query, window: '12m' }),
    await pyramid(ledger, { ...query, scope: 'store:s1' }),
    await pyramid(ledger, { ...query, count: 'positive' }),
  ];
  ledger.apply([sale('c0', 1)], { log: position(10) });
  others.push(await pyramid(ledger, query));
  expect(new Set([digest, ...others.map((one) => one.digest)]).size).toBe(6);
});

test('a customer hears tier, rank and what is missing', async () => {
  sell([100_000, 90_000, 80_000, 70_000, 60_000, 50_000, 40_000, 30_000, 20_000, 10_000]);
  expect(await customerTier(ledger, 'c4', query)).toEqual({
    customer: 'c4',
    tier: 'floating',
    contribution: 60_000,
    visits: 1,
    rank: 5,
    customers: 10,
    nextTier: 'steady',
    toNextTier: 20_001,
    currency: 'EUR',
    asOf: '2026-12-31',
    window: 'all',
    scope: 'chain',
    position: position(1),
    words: 'Customer c4 is floating up to 2026-12-31: contribution 600.00 EUR, place 5 of 10. Another 200.01 EUR would reach steady.',
  });
  const top = await customerTier(ledger, 'c0', { ...query, window: '2026', scope: 'store:s1' });
  expect(top.nextTier).toBeUndefined();
  expect(top.words).toBe(
    'Customer c0 is devoted in store s1 in 2026, as of 2026-12-31: contribution 1,000.00 EUR, place 1 of 10. There is no higher tier.',
  );
  const absent = await customerTier(ledger, 'c0', { ...query, window: '2025' });
  expect(absent).toMatchObject({ tier: null, rank: null, contribution: 0, customers: 0 });
  expect(absent.words).toContain('has no tier');
  await expect(customerTier(ledger, 'nobody', query)).rejects.toMatchObject({ code: 'customer.not-found' });
});

test('what is missing is enough, and one less is not', async () => {
  sell([500, 400, 400, 400, 300, 300, 300, 200, 100, 100]);
  for (const id of ['c3', 'c4', 'c6', 'c8', 'c9']) {
    const { nextTier, toNextTier } = await customerTier(ledger, id, query);
    ledger.apply([sale(id, toNextTier! - 1)], { log: position(2) });
    expect((await customerTier(ledger, id, query)).tier).not.toBe(nextTier);
    ledger.apply([sale(id, 1)], { log: position(2) });
    expect((await customerTier(ledger, id, query)).tier).toBe(nextTier);
  }
});
