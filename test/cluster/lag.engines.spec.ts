import { setTimeout as sleep } from 'node:timers/promises';
import { ChainOnCluster } from './support/chain-on-cluster';

const PARTITIONS = 3;
/** Where a consumer stands that has everything: a watermark comes at least this often, and the machine may be busy. */
const CAUGHT_UP_SECONDS_MAX = 5;
const FALLS_MS_MAX = 60_000;

interface TierStatus {
  readonly instance: { readonly watermark: { readonly observedAt: string } | null };
}

/** What a scrape says, and between which moments it was made, in seconds. */
interface Scrape {
  readonly lag: number;
  readonly partitions: readonly number[];
  readonly from: number;
  readonly to: number;
}

describe('lag in seconds', () => {
  let chain: ChainOnCluster;
  beforeAll(async () => {
    chain = await ChainOnCluster.start(13, { partitions: PARTITIONS, instances: 1 });
  });
  afterAll(() => chain?.close());

  async function scrape(): Promise<Scrape> {
    const from = Date.now() / 1_000;
    const { text, status } = await chain.cluster.client().tiers.send('/metrics');
    const to = Date.now() / 1_000;
    expect(status).toBe(200);
    const values = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, value]) => Number(value));
    const [lag = Number.NaN] = values(/^regulars_projection_lag_seconds\{[^}]*projection="contribution"[^}]*\} (\S+)$/gm);
    return { lag, partitions: values(/^regulars_partition_lag_seconds\{[^}]*\} (\S+)$/gm), from, to };
  }

  async function fallen(): Promise<Scrape> {
    for (const deadline = Date.now() + FALLS_MS_MAX; ; await sleep(100)) {
      const now = await scrape();
      if (now.partitions.length === PARTITIONS && now.lag < CAUGHT_UP_SECONDS_MAX) return now;
      if (Date.now() > deadline) throw new Error(`The lag does not fall: ${JSON.stringify(now)}`);
    }
  }

  it('is the time since the watermark where nothing is told of the log, to the moment, and falls when it is told again', () =>
    chain.telling(async () => {
      await chain.ingest(30);
      await fallen();
      chain.cluster.purchase.freeze();
      try {
        // What was on its way comes yet.
        await sleep(1_000);
        const one = await scrape();
        await sleep(3_000);
        const other = await scrape();
        const { observedAt } = (await chain.cluster.client().tiers.get<TierStatus>('/v1/status')).instance.watermark ?? { observedAt: '' };
        // It has grown by what has passed between the scrapes: not less than from the end of one to the start of the other.
        expect(other.lag - one.lag).toBeGreaterThanOrEqual(other.from - one.to - 0.002);
        expect(other.lag - one.lag).toBeLessThanOrEqual(other.to - one.from + 0.002);
        // All partitions were told the same of the log: their lag is the age of that.
        for (const lag of [other.lag, ...other.partitions]) {
          expect(lag).toBeGreaterThanOrEqual(other.from - Date.parse(observedAt) / 1_000 - 0.002);
          expect(lag).toBeLessThanOrEqual(other.to - Date.parse(observedAt) / 1_000 + 0.002);
        }
      } finally {
        chain.cluster.purchase.thaw();
      }
      await fallen();
    }));

  it('of a consumer that stood still while events came falls to nothing once it has them', () =>
    chain.telling(async () => {
      const [tier] = chain.cluster.loyaltyTier;
      tier?.freeze();
      await chain.ingest(30);
      await sleep(3_000);
      tier?.thaw();
      await fallen();
      await chain.settle();
    }));
});
