import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { CATEGORIES, history, STORES } from '../spec-support/histories';
import { SlowLedger, type SlowQuery } from '../spec-support/slow-ledger';
import { customerTier } from '../pyramid/customer-tier';
import { pyramid, type Pyramid } from '../pyramid/pyramid';
import { addDigests } from './digest';
import { ContributionLedger } from './ledger';
import type { SignedChange } from './ledger-memory';
import { DAY_MAX } from './ledger-rows';
import { LedgerWorkers } from './ledger-workers';

const workers = new LedgerWorkers();
let root: string;
let directories = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ledger-exactness-'));
});
afterAll(async () => {
  await workers.close();
  rmSync(root, { recursive: true, force: true });
});

const regions = STORES.map((store, i) => ({ store, region: i < 2 ? 'north' : 'south' }));
const position = (n: number): string => String(n).padStart(8, '0');

type Step = 'nothing' | 'flush' | 'compact' | 'reopen';
interface Course {
  readonly order: readonly number[];
  readonly batch: number;
  readonly steps: readonly Step[];
}
const course: fc.Arbitrary<Course> = fc.record({
  order: fc.array(fc.nat(), { minLength: 80, maxLength: 80 }),
  batch: fc.integer({ min: 1, max: 20 }),
  steps: fc.array(fc.constantFrom<Step>('nothing', 'nothing', 'flush', 'compact', 'reopen'), { maxLength: 12 }),
});

const shuffled = <T>(items: readonly T[], order: readonly number[]): T[] =>
  items
    .map((item, i) => ({ item, key: order[i % order.length]! }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);

/** Applies changes in some order, in some batches, with flushes, compactions and restarts in between. */
async function run(changes: readonly SignedChange[], { order, batch, steps }: Course): Promise<ContributionLedger> {
  const options = { directory: join(root, String(directories++)), workers, flushRowsMax: 7 };
  let ledger = await ContributionLedger.open(options);
  const all = shuffled(changes, order);
  for (let from = 0, step = 0; from < all.length || step === 0; from += batch, step++) {
    ledger.apply(all.slice(from, from + batch), { log: position(from + 1) }, regions);
    const next = steps[step];
    if (next === 'flush') await ledger.flush();
    if (next === 'compact') await ledger.compact();
    if (next !== 'reopen') continue;
    await ledger.close();
    ledger = await ContributionLedger.open(options);
  }
  return ledger;
}

function slow(changes: readonly SignedChange[]): SlowLedger {
  const ledger = new SlowLedger();
  for (const { change, sign } of changes) ledger.add(change, sign);
  return ledger;
}

const windows: readonly { asOf: string; window: string; from: string; to: string }[] = [
  { asOf: '2149-06-06', window: 'all', from: '1970-01-01', to: '2149-06-06' },
  { asOf: '2024-12-31', window: 'all', from: '1970-01-01', to: '2024-12-31' },
  { asOf: '2025-02-28', window: '12m', from: '2024-02-29', to: '2025-02-28' },
  { asOf: '2024-03-31', window: '1m', from: '2024-03-01', to: '2024-03-31' },
  { asOf: '2024-03-30', window: '2024', from: '2024-01-01', to: '2024-03-30' },
  { asOf: '2023-01-01', window: '2024', from: '2024-01-01', to: '2023-01-01' },
  { asOf: '2149-06-06', window: '2024-02-29..2025-01-01', from: '2024-02-29', to: '2025-01-01' },
];
const scopes: readonly { scope: string; part: Pick<SlowQuery, 'stores' | 'category'> }[] = [
  { scope: 'chain', part: {} },
  { scope: 'region:north', part: { stores: STORES.slice(0, 2) } },
  { scope: 'region:south', part: { stores: STORES.slice(2) } },
  { scope: 'store:s10', part: { stores: ['s10'] } },
  ...CATEGORIES.map((category) => ({ scope: `category:${category}`, part: { category } })),
];

function checkPyramid(actual: Pyramid, ranked: ReturnType<SlowLedger['ranked']>): void {
  const total = ranked.reduce((sum, { amount }) => sum + amount, 0n);
  expect(actual.customers).toBe(ranked.length);
  expect(actual.total).toBe(Number(total));
  for (const group of actual.groups) {
    const members = ranked.filter(({ tier }) => tier === group.tier);
    const amount = members.reduce((sum, member) => sum + member.amount, 0n);
    expect(group.customers).toBe(members.length);
    expect(group.amount).toBe(Number(amount));
    expect(group.cut).toBe(members.length ? Number(members.at(-1)!.amount) : null);
    expect(group.visits).toBe(Number(members.reduce((sum, member) => sum + member.visits, 0n)));
    if (total === 0n) expect(group.amountShare).toBeNull();
  }
}

describe('ledger and pyramid against the slow implementation', () => {
  test('any order, batches, flushes, compactions and restarts give the same sums, tiers and digest', async () => {
    const picks = fc.record({
      window: fc.constantFrom(...windows),
      scope: fc.constantFrom(...scopes),
      count: fc.constantFrom('all', 'positive'),
    });
    const property = fc.asyncProperty(history, course, fc.array(picks, { minLength: 3, maxLength: 3 }), async (changes, how, queries) => {
      const expected = slow(changes);
      const ledger = await run(changes, how);
      try {
        expect(await ledger.digest()).toEqual(expected.digest());
        for (const { window, scope, count } of queries) {
          const known = scope.scope.startsWith('category:') ? ledger.hasCategory(scope.scope.slice(9)) : true;
          if (!known) continue;
          const query = {
            asOf: window.asOf,
            window: window.window,
            scope: scope.scope,
            count: count as 'all' | 'positive',
            currency: 'EUR',
          };
          const slowQuery = { from: window.from, to: window.to, ...scope.part };
          const ranked = expected.ranked(slowQuery, query.count);
          checkPyramid(await pyramid(ledger, query), ranked);
          await checkCustomers(ledger, expected, query, slowQuery, ranked);
        }
      } finally {
        await ledger.close();
      }
    });
    await fc.assert(property, { numRuns: 60 });
  });

  async function checkCustomers(
    ledger: ContributionLedger,
    expected: SlowLedger,
    query: Parameters<typeof customerTier>[2],
    slowQuery: SlowQuery,
    ranked: ReturnType<SlowLedger['ranked']>,
  ): Promise<void> {
    for (const customer of expected.customers()) {
      const { byStore, ...actual } = (await ledger.customer(customer, ledgerQuery(slowQuery)))!;
      expect({ ...actual, byStore }).toEqual(expected.customer(customer, slowQuery));
      const place = ranked.findIndex((one) => one.customer === customer);
      const { tier, rank, customers, nextTier, toNextTier } = await customerTier(ledger, customer, query);
      expect({ tier, rank, customers }).toEqual({
        tier: ranked[place]?.tier ?? null,
        rank: place < 0 ? null : place + 1,
        customers: ranked.length,
      });
      expect({ nextTier, toNextTier }).toEqual(place < 0 ? {} : nextStep(ranked, place));
    }
  }

  /** What it takes to come before the last of the tier above: as much, or one more where the id comes later. */
  function nextStep(ranked: ReturnType<SlowLedger['ranked']>, place: number): { nextTier?: string; toNextTier?: number } {
    const mine = ranked[place]!;
    const above = ranked.slice(0, place).filter(({ tier }) => tier !== mine.tier);
    const last = above.at(-1);
    if (!last) return {};
    const first = Buffer.compare(Buffer.from(mine.customer), Buffer.from(last.customer)) < 0;
    return { nextTier: last.tier, toNextTier: Number(last.amount - mine.amount) + (first ? 0 : 1) };
  }

  const ledgerQuery = ({ from, to, ...rest }: SlowQuery) => ({
    fromDay: Math.max(0, Date.parse(`${from}T00:00:00Z`) / 86_400_000),
    toDay: Math.min(DAY_MAX, Date.parse(`${to}T00:00:00Z`) / 86_400_000),
    ...rest,
  });

  test('digests of disjoint parts add up to the digest of the whole', async () => {
    const property = fc.asyncProperty(history, course, fc.integer({ min: 2, max: 4 }), async (changes, how, parts) => {
      const partOf = (customer: string | null): number => (customer?.codePointAt(0) ?? 0) % parts;
      const digests: string[] = [];
      for (let part = 0; part < parts; part++) {
        const ledger = await run(
          changes.filter(({ change }) => partOf(change.customer) === part),
          how,
        );
        digests.push((await ledger.digest()).digest);
        await ledger.close();
      }
      expect(digests.reduce(addDigests)).toBe(slow(changes).digest().digest);
    });
    await fc.assert(property, { numRuns: 25 });
  });

  test('the digest of the pyramid follows tiers and amounts, not the way the data came', async () => {
    const property = fc.asyncProperty(
      history,
      course,
      course,
      fc.constantFrom(...windows),
      async (changes, one, other, { asOf, window }) => {
        const digests: string[] = [];
        for (const how of [one, other]) {
          const ledger = await run(changes, how);
          digests.push((await pyramid(ledger, { asOf, window, currency: 'EUR' })).digest);
          await ledger.close();
        }
        expect(digests[0]).toBe(digests[1]);
      },
    );
    await fc.assert(property, { numRuns: 20 });
  });
});
