import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PURCHASE_TOPIC, purchaseRecordedV1, STORE_TOPIC } from '@regulars/contracts';
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { History, type Item, STORES } from '../support/receipts';
import { ledgerDigest, pyramidOf, ranked } from '../support/reference/contributions';
import { Reference } from '../support/reference/reference';
import { ChainOnCluster } from './support/chain-on-cluster';

const SEED = Number(process.env.REGULARS_SEED ?? 20_240_601);
const PARKED_MS_MAX = 60_000;

/** Records that cannot be taken in, by the customer whose key they have: what they are, and what must be said of them. */
const POISON = {
  'of-broken-data': { type: purchaseRecordedV1.type, value: '{"change":{"customer":17}}', reason: /data break the contract/ },
  'of-unknown-type': { type: 'purchase.gift-wrapped.v1', value: '{}', reason: /no contract|not known/ },
  'of-unknown-version': { type: purchaseRecordedV1.type.replace(/1$/, '99'), value: '{}', reason: /no contract|not known/ },
  'of-no-json': { type: purchaseRecordedV1.type, value: '{"change":', reason: /not JSON/ },
  'of-no-text': { type: purchaseRecordedV1.type, value: Buffer.from([0xff, 0xfe, 0x00, 0x80]), reason: /not UTF-8/ },
} as const;
const CUSTOMERS = Object.keys(POISON) as (keyof typeof POISON)[];

interface Letter {
  readonly id: string;
  readonly key: string;
  readonly reason: string;
  readonly attempts: number;
}

describe(`records that cannot be taken in (seed ${SEED})`, () => {
  let running: ChainOnCluster;
  let producer: Producer;
  const counted: Item[] = [];
  let receipts = 0;

  const purchasesOf = (customers: readonly string[], each: number): Item[] =>
    customers.flatMap((customer) =>
      Array.from({ length: each }, () => ({
        ...{ store: 'tokyo', terminal: '9', receipt: `p${++receipts}`, occurredAt: '2024-03-01T10:00:00Z', customer },
        lines: [{ sku: 'a', quantity: 1, unitPrice: 100 + receipts }],
      })),
    );

  beforeAll(async () => {
    running = await ChainOnCluster.start(SEED);
    const brokers = running.cluster.engines.brokers.split(',');
    const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
    producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
  }, 180_000);
  afterAll(async () => {
    await producer?.disconnect();
    await running?.close();
  });

  async function write(topic: string, key: string, type: string, value: string | Buffer): Promise<void> {
    const headers = {
      ...{ ce_specversion: '1.0', ce_id: `id-${key}`, ce_type: type, ce_source: 'urn:regulars:main', ce_chain: 'main' },
      ...{ ce_time: '2024-03-01T10:00:00.000Z', ce_correlationid: 'test', 'content-type': 'application/json' },
    };
    await producer.send({ topic: topic + running.cluster.topicSuffix, acks: -1, messages: [{ key, value, headers }] });
  }

  async function send(items: readonly Item[]): Promise<void> {
    const { results } = await running.cluster.client().ingest(items);
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['accepted']));
  }

  async function letters(instance = 0): Promise<readonly Letter[]> {
    const { tiers } = running.cluster.client(instance);
    return (await tiers.get<{ items: Letter[] }>('/v1/dead-letters?limit=1000')).items;
  }

  /** Figures at every instance are those of the reference over what counts. */
  async function figuresAre(items: readonly Item[]): Promise<void> {
    const reference = new Reference().register(STORES);
    reference.take(items);
    for (const instance of running.cluster.loyaltyTier.keys()) {
      const { http } = running.served(instance);
      expect(await http.get('/v1/digest')).toMatchObject(ledgerDigest(reference.entries()));
      expect(await http.get('/v1/pyramid?asOf=2024-12-31')).toMatchObject(pyramidOf(ranked(reference.entries())));
    }
  }

  it('are parked with the reason, those of their key behind them; other keys go on', () =>
    running.telling(async () => {
      counted.push(...new History(SEED).items(60), ...purchasesOf(CUSTOMERS, 1));
      await send(counted);
      await figuresAre(counted);
      for (const customer of CUSTOMERS) await write(PURCHASE_TOPIC, customer, POISON[customer].type, POISON[customer].value);
      const others = new History(SEED + 1, 'later-').items(60);
      await send([...purchasesOf(CUSTOMERS, 2), ...others]);
      counted.push(...others);
      await figuresAre(counted);

      const parked = await letters();
      for (const customer of CUSTOMERS) {
        const reasons = parked.filter(({ key }) => key === customer).map(({ reason }) => reason);
        expect(reasons).toEqual([expect.stringMatching(POISON[customer].reason), WAITS, WAITS]);
      }
      expect(parked).toHaveLength(3 * CUSTOMERS.length);
      for (const process of running.cluster.loyaltyTier) expect(await process.readiness()).toMatchObject({ status: 200 });
    }));

  it('are re-driven in order where their partition is owned: the first fails again for its reason, and nothing overtakes it', async () => {
    for (const customer of CUSTOMERS) {
      const [first] = (await letters()).filter(({ key }) => key === customer);
      const answers = await Promise.all(
        [...running.cluster.loyaltyTier.keys()].map((instance) =>
          running.cluster
            .client(instance)
            .tiers.post<{ redriven?: number; failed?: string; code?: string }>(`/v1/dead-letters/${first!.id}:redrive`, {}),
        ),
      );
      const byStatus = [...answers].sort((a, b) => a.status - b.status);
      expect(byStatus.map(({ status }) => status)).toEqual([200, 404]);
      expect(byStatus[0]?.body).toEqual({ redriven: 0, failed: expect.any(String) as string });
    }
    await figuresAre(counted);
    expect(await letters()).toHaveLength(3 * CUSTOMERS.length);
  });

  it('stay parked, once, when their partition goes to another instance and its ledger is built again', () =>
    running.telling(async () => {
      const [first] = running.cluster.loyaltyTier;
      const before = (await letters(1)).map(({ id }) => id).sort();
      await first!.stop();
      rmSync(join(running.cluster.folder, 'loyalty-tier-0', 'ledger'), { recursive: true });
      const more = new History(SEED + 2, 'last-').items(30);
      await send(more);
      counted.push(...more);
      first!.launch();
      await first!.untilReady();
      await figuresAre(counted);
      for (const instance of [0, 1]) expect((await letters(instance)).map(({ id }) => id).sort()).toEqual(before);
    }));

  it('among the stores, are reported and left out; stores that come behind them are known', () =>
    running.telling(async () => {
      await write(STORE_TOPIC, 'nowhere', 'store.painted.v1', '{}');
      await write(STORE_TOPIC, 'nowhere', 'store.changed.v1', 'no json');
      const deadline = Date.now() + PARKED_MS_MAX;
      while (!running.cluster.loyaltyTier.every(({ output }) => /unknown type were left out/.test(output))) {
        if (Date.now() > deadline) throw new Error('nobody reports it');
        await sleep(100);
      }
      const paris = { id: 'paris', name: 'Paris', region: 'west', timeZone: 'Europe/Paris', currency: 'EUR' };
      expect((await running.cluster.client().post('/v1/stores', paris)).status).toBe(201);
      const sale = { ...purchasesOf(['parisian'], 1)[0]!, store: 'paris' };
      await send([sale]);
      const { http } = running.served(1);
      const scoped = await http.get<{ customers: number }>('/v1/pyramid?asOf=2024-12-31&scope=store:paris');
      expect(scoped.customers).toBe(1);
    }));
});

const WAITS = 'waits behind a parked item of its key';
