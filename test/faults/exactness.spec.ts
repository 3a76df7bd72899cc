import * as fc from 'fast-check';
import { InProcess } from '../support/in-process';
import { disturbed, History, type Item, STORES } from '../support/receipts';
import { ledgerDigest, pyramidOf, ranked } from '../support/reference/contributions';
import { Reference } from '../support/reference/reference';
import { customerTier } from '@regulars/loyalty-tier';

/** One way for a history to arrive. */
interface Course {
  readonly seed: number;
  /** Items in a batch; 0 for all at once. */
  readonly batch: number;
  /** After how many batches the last store is registered; 0 before everything. */
  readonly lateStore: number;
  readonly restartAfter: number;
}

const courses = (lateStore: fc.Arbitrary<number>): fc.Arbitrary<Course> =>
  fc.record({ seed: fc.integer(), batch: fc.constantFrom(0, 1, 7, 40), lateStore, restartAfter: fc.nat({ max: 6 }) });
const inTime = courses(fc.constant(0));
const late = courses(fc.integer({ min: 1, max: 6 }));
const numRuns = Number(process.env.REGULARS_EXACTNESS_RUNS ?? 5);
const [first, second, last] = STORES as unknown as [(typeof STORES)[number], (typeof STORES)[number], (typeof STORES)[number]];

/** Lets items arrive as a course says; the platform is then at rest. */
async function arrive(items: readonly Item[], { batch, lateStore, restartAfter }: Course): Promise<InProcess> {
  let platform = await InProcess.open();
  await platform.register(lateStore === 0 ? STORES : [first, second]);
  const size = batch === 0 ? Math.max(1, items.length) : batch;
  let batches = 0;
  for (let start = 0; start < items.length; start += size) {
    await platform.takeIn(items.slice(start, start + size));
    batches++;
    if (batches === restartAfter) platform = await platform.restart();
    if (batches === lateStore) await platform.register([last]);
  }
  if (lateStore > batches) await platform.register([last]);
  await platform.settled();
  return platform;
}

async function recordedFacts({ purchase }: InProcess): Promise<string[]> {
  const ids: string[] = [];
  for await (const events of purchase.eventStore.readAll()) {
    ids.push(...events.filter(({ type }) => type.startsWith('purchase.')).map(({ type, id }) => `${type} ${id}`));
  }
  return ids.sort();
}

function expected(items: readonly Item[]) {
  const reference = new Reference().register(STORES);
  reference.take(items);
  const entries = reference.entries();
  const order = ranked(entries);
  return { digest: ledgerDigest(entries), pyramid: pyramidOf(order), order, totals: reference.totals() };
}

/** The state of a platform that got everything once, in order; it is that of the reference, and stays so after restarts. */
async function straightState(items: readonly Item[]) {
  const wanted = expected(items);
  expect(wanted.totals).toMatchObject({ duplicate: 0, quarantined: 0 });
  const straight = await arrive(items, { seed: 0, batch: 0, lateStore: 0, restartAfter: 0 });
  const facts = await recordedFacts(straight);
  const state = await straight.state();
  expect(state).toMatchObject({ digest: wanted.digest, pyramid: wanted.pyramid, totals: wanted.totals });
  for (const { customer, amount, rank, tier, visits } of wanted.order) {
    const answer = await customerTier(straight.loyaltyTier.ledger(), customer, { asOf: '2024-12-31', currency: 'EUR' });
    expect(answer).toMatchObject({ customer, contribution: amount, rank, tier, visits });
  }
  const again = await straight.restart();
  expect(await again.state()).toEqual(state);
  const rebuilt = await again.restart({ rebuild: true });
  expect(await rebuilt.state()).toEqual(state);
  await rebuilt.close();
  return { ...state, facts };
}

/** However the same items come, the platform ends in the same state, and every further copy is a duplicate. */
async function endsTheSame(items: readonly Item[], way: Course, { digest, pyramid, facts }: Awaited<ReturnType<typeof straightState>>) {
  const arrivals = disturbed(items, way.seed);
  const platform = await arrive(arrivals, way);
  const state = await platform.state();
  expect({ digest: state.digest, pyramid: state.pyramid }).toEqual({ digest, pyramid });
  expect(await recordedFacts(platform)).toEqual(facts);
  const duplicate = arrivals.length - items.length;
  expect(state.totals).toEqual({ received: arrivals.length, accepted: items.length, duplicate, quarantined: 0 });
  expect(platform.faults).toEqual([]);
  await platform.close();
}

describe('the same input, however it arrives', () => {
  it('gives the same ledger, pyramid and facts, live, after a restart and rebuilt, and those of the reference', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 60 }), inTime, async (seed, count, way) => {
        const items = new History(seed).items(count);
        await endsTheSame(items, way, await straightState(items));
      }),
      { numRuns },
    );
  }, 180_000);

  it('gives the same where a store is registered after its receipts came', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 60 }), late, async (seed, count, way) => {
        const items = new History(seed).items(count);
        await endsTheSame(items, way, await straightState(items));
      }),
      { numRuns },
    );
  }, 180_000);

  it('ends every item as the reference says, contradictions as well', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 60 }), async (seed, count) => {
        const items = new History(seed).items(count);
        const rivals = new History(seed + 1).items(count);
        const reference = new Reference().register(STORES);
        const platform = await InProcess.open();
        await platform.register(STORES);
        // The same receipt numbers with other content: conflicts, returns of too much, voids of what has returns.
        for (const batch of [items, rivals, items]) {
          const results = await platform.takeIn(batch);
          const verdicts = reference.take(batch);
          expect(results.map(({ outcome, code }) => ({ outcome, code }))).toEqual(verdicts.map(({ outcome, code }) => ({ outcome, code })));
          await platform.settled();
        }
        const entries = reference.entries();
        expect(await platform.state()).toMatchObject({
          digest: ledgerDigest(entries),
          pyramid: pyramidOf(ranked(entries)),
          totals: reference.totals(),
        });
        expect(platform.faults).toEqual([]);
        await platform.close();
      }),
      { numRuns },
    );
  }, 180_000);
});
