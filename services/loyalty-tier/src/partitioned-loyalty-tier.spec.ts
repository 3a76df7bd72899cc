import * as fc from 'fast-check';
import type { EventBus, Positions } from '@regulars/ports';
import { LedgerWorkers } from './contribution/ledger-workers';
import type { ContributionSource } from './contribution/contribution-source';
import type { PartitionedLoyaltyTier } from './partitioned-loyalty-tier';
import { customerTier } from './pyramid/customer-tier';
import { pyramid } from './pyramid/pyramid';
import { Cluster, logPositionOf, type Happening } from './spec-support/cluster';
import { RANKINGS_TOPIC } from './ranking/messages';
import { CATEGORIES, history, STORES } from './spec-support/histories';

const workers = new LedgerWorkers();
afterAll(() => workers.close());

const regions: Happening[] = STORES.map((store, i) => ({ store, region: i < 2 ? 'north' : 'south' }));
const queries = [
  { asOf: '2149-06-06', scope: 'chain' },
  { asOf: '2024-12-31', window: '12m', scope: 'region:north', count: 'positive' as const },
  { asOf: '2025-02-28', scope: 'store:s10' },
  ...CATEGORIES.slice(0, 2).map((category) => ({ asOf: '2149-06-06', scope: `category:${category}` })),
].map((query) => ({ ...query, currency: 'EUR' }));

type Question<Answer> = (source: ContributionSource) => Promise<Answer>;

/** What a question comes to: the answer, or the code of its error. */
const settled = <Value>(answer: Promise<Value>): Promise<Value | { code: unknown }> =>
  answer.catch((error: { code?: unknown }) => {
    if (error.code === undefined) throw error;
    return { code: error.code };
  });

/** Everything that one can ask. */
async function answers(source: ContributionSource, customers: readonly string[]) {
  const [first] = queries;
  return {
    digest: await source.digestAtPosition(),
    pyramids: await Promise.all(queries.map((query) => settled(pyramid(source, query)))),
    tiers: await Promise.all(customers.map((customer) => settled(customerTier(source, customer, first!)))),
    filtered: await Promise.all(customers.slice(0, 2).map((customer) => settled(customerTier(source, customer, queries[1]!)))),
  };
}

const customersOf = (log: readonly Happening[]): string[] => [
  ...new Set(log.map((happening) => ('store' in happening ? null : happening.change.customer)).filter((id) => id !== null)),
  'nobody',
];

/** Checks that instances answer as one ledger does that holds all of the log. */
async function expectWhole(cluster: Cluster, log: readonly Happening[], instances: readonly PartitionedLoyaltyTier[]): Promise<void> {
  const last = logPositionOf(log.length - 1);
  const whole = await cluster.whole(last);
  const customers = customersOf(log);
  const expected = await answers(whole, customers);
  for (const instance of instances) {
    await instance.reached(last);
    expect(await answers(instance.ledger(), customers)).toEqual(expected);
  }
  await whole.close();
}

test.each([
  [1, 1],
  [2, 1],
  [2, 3],
  [6, 2],
  [12, 3],
])('%i partitions over %i instances answer as one ledger does', async (partitions, instances) => {
  const property = fc.asyncProperty(history, async (changes) => {
    const log = [...regions, ...changes];
    const cluster = new Cluster(partitions, workers, log);
    try {
      for (let i = 0; i < instances; i++) await cluster.start();
      await cluster.relay(0, log.length);
      await expectWhole(cluster, log, [cluster.instance(instances - 1)]);
      expect(cluster.faults).toEqual([]);
    } finally {
      await cluster.close();
    }
  });
  await fc.assert(property, { numRuns: 5 });
});

type Step = { do: 'relay'; count: number } | { do: 'repeat'; count: number } | { do: 'join' | 'leaves' | 'crashes' | 'ask'; who: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('relay' as const), count: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('repeat' as const), count: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('join' as const, 'leaves' as const, 'crashes' as const), who: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('ask' as const), who: fc.nat(9) }) },
);

test('whatever joins, leaves, crashes or repeats while purchases stream in, an answer at a position is that of one ledger at that position', async () => {
  const property = fc.asyncProperty(
    history,
    fc.array(step, { minLength: 4, maxLength: 14 }),
    fc.constantFrom(2, 6),
    async (changes, steps, partitions) => {
      // Stores move to other regions meanwhile.
      const moved = STORES.map((store, i): Happening => ({ store, region: i % 2 === 0 ? 'north' : 'south' }));
      const log = [...regions, ...changes.flatMap((change, i) => (i % 5 === 4 ? [change, moved[i % moved.length]!] : [change]))];
      const cluster = new Cluster(partitions, workers, log);
      const asked: Promise<{ position: string | null; answer: unknown; again: (whole: ContributionSource) => Promise<unknown> }>[] = [];
      const ask = <Answer extends { position: string | null }>(source: ContributionSource, how: Question<Answer>) =>
        asked.push(how(source).then((answer) => ({ position: answer.position, answer, again: how })));
      let carried = regions.length;
      try {
        await cluster.start();
        await cluster.relay(0, carried);
        for (const next of steps) {
          if (next.do === 'relay') {
            const to = Math.min(log.length, carried + next.count);
            await cluster.relay(carried, to);
            carried = to;
          } else if (next.do === 'repeat') {
            await cluster.relay(Math.max(0, carried - next.count), carried);
          } else if (next.do === 'ask') {
            const ledger = cluster.instance(next.who).ledger();
            ask(ledger, (source) => source.digestAtPosition());
            ask(ledger, (source) => pyramid(source, queries[next.who % 2]!));
          } else if (next.do === 'join') {
            // A name that ran before finds what it left on the disk.
            const name = `named-${next.who % 3}`;
            if (cluster.names.length < 3 && !cluster.names.includes(name)) await cluster.start(name);
          } else {
            const name = cluster.names[next.who % cluster.names.length]!;
            // Whoever asks there would wait in vain.
            if (cluster.names.length > 1) {
              await Promise.all(asked);
              await cluster.stop(name, next.do);
            }
          }
        }
        await cluster.relay(carried, log.length);
        await expectWhole(cluster, log, [cluster.instance()]);
        for (const { position, answer, again } of await Promise.all(asked)) {
          const whole = await cluster.whole(position!);
          expect(answer).toEqual(await again(whole));
          await whole.close();
        }
        expect(cluster.faults.filter((fault) => !fault.includes('crashed'))).toEqual([]);
      } finally {
        await Promise.allSettled(asked);
        await cluster.close();
      }
    },
  );
  await fc.assert(property, { numRuns: 25 });
}, 120_000);

/** A bus on which questions and answers can be made to end with a fault, their places remembered being gone from then on. */
function forgettingRankings() {
  let gone = false;
  let end: () => void = () => undefined;
  const fault = new Error('what lay there was deleted by its retention');
  const through = (bus: EventBus): EventBus => ({
    publish: (messages) => bus.publish(messages),
    consume(options) {
      if (!options.topics.includes(RANKINGS_TOPIC)) return bus.consume(options);
      const { from } = options;
      const begin = async (sources: readonly string[]): Promise<Positions> => {
        const places = typeof from === 'function' ? await from(sources) : {};
        if (gone && (from === 'committed' || Object.keys(places).length > 0)) throw fault;
        return places;
      };
      const consumption = bus.consume({ ...options, from: begin });
      let cut = false;
      end = () => {
        cut = true;
        void consumption.close();
      };
      const ended = consumption.ended.then(() => (cut ? Promise.reject(fault) : undefined));
      ended.catch(() => undefined);
      return { close: () => consumption.close(), ended };
    },
  });
  return {
    through,
    forget(): void {
      gone = true;
      end();
    },
  };
}

test('an instance that was cut off for longer than questions are kept is asked and answers again', async () => {
  const log = [...regions, ...fc.sample(history, { numRuns: 1, seed: 7 })[0]!];
  const { through, forget } = forgettingRankings();
  const cluster = new Cluster(2, workers, log, through);
  try {
    await cluster.start();
    await cluster.relay(0, log.length - 1);
    await cluster.instance().reached(logPositionOf(log.length - 2));
    await cluster.instance().ledger().digestAtPosition();
    forget();
    await cluster.relay(log.length - 1, log.length);
    await expectWhole(cluster, log, [cluster.instance()]);
    expect(cluster.faults).toEqual([expect.stringContaining('deleted by its retention')]);
  } finally {
    await cluster.close();
  }
});
