import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { INTAKE_TOPIC } from '@regulars/contracts';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { regulars } from '../../services/cli/spec-support/run-regulars';
import { atRest } from '../support/chain-under-test';
import { History } from '../support/receipts';
import { ChainOnCluster } from './support/chain-on-cluster';

const SEED = 9;
const RECEIPTS = 120;

/** The procedure of docs/how-to/change-partitions.md, step by step, while tills send. */
describe('another number of partitions', () => {
  let chain: ChainOnCluster;
  let kafka: Kafka;
  beforeAll(async () => {
    chain = await ChainOnCluster.start(SEED, { partitions: 3, instances: 1 });
    kafka = new Kafka({ clientId: 'test', brokers: chain.cluster.engines.brokers.split(','), logLevel: logLevel.NOTHING });
  }, 180_000);
  afterAll(() => chain?.close());

  const token = () => readFileSync(join(chain.cluster.folder, 'purchase', 'admin.token'), 'utf8').trim();
  /** The command as operations use it, against one of the instances. */
  function command(instance: number, ...args: string[]) {
    const { purchase, loyaltyTier, engines } = chain.cluster;
    return regulars(args, {
      REGULARS_PURCHASE_URL: purchase.url,
      REGULARS_LOYALTY_TIER_URL: loyaltyTier[instance]?.url,
      REGULARS_TOKEN: token(),
      REGULARS_KAFKA_BROKERS: engines.brokers,
    });
  }
  async function digestOf(instance: number, ...more: string[]) {
    const head = await chain.cluster.client().head();
    const { code, out, err } = await command(instance, 'digest', '--json', '--at-least', String(head), ...more);
    expect([code, err]).toEqual([0, '']);
    return (JSON.parse(out) as { digest: string }).digest;
  }
  async function restartPurchase(settings: Readonly<Record<string, string>>): Promise<void> {
    expect(await chain.purchase.stop()).toBe(0);
    chain.purchase.launch(settings);
    await chain.purchase.untilReady();
  }
  async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + 60_000; !(await isSo()); await sleep(100)) {
      if (Date.now() > deadline) throw new Error(`Never: ${what} ${chain.cluster.output()}`);
    }
  }

  it('comes by a second set of topics that is filled from the first event on, compared, and taken over', async () => {
    const { cluster } = chain;
    const oldSuffix = cluster.topicSuffix;
    const newSuffix = `${oldSuffix}.p6`;
    await chain.ingest(RECEIPTS);

    // The second set of topics, with a file that says how many partitions it has.
    const file = join(cluster.folder, 'topics-p6.json');
    const specs = cluster.topics.map((spec) => (spec.name === 'purchase.events.v1' ? { ...spec, partitions: 6 } : spec));
    writeFileSync(file, JSON.stringify({ topics: specs }));
    expect(await command(0, 'topics', 'apply', '--suffix', newSuffix, '--file', file)).toMatchObject({ code: 0, err: '' });

    // The relay to it begins with the first event, while the first goes on.
    await restartPurchase({ REGULARS_KAFKA_ALSO_RELAY_TO: newSuffix });
    const onNew = { REGULARS_KAFKA_TOPIC_SUFFIX: newSuffix, REGULARS_KAFKA_TOPICS_FILE: file };
    for (let i = 0; i < 2; i++) await cluster.addInstance(onNew);
    await chain.ingest(30);
    await Promise.all(cluster.loyaltyTier.map((instance) => instance.untilReady()));
    await chain.ingest(30);

    // Compared, once nothing moves any more: the same digest at the old instance and at each of the new ones, and that of the reference.
    await atRest(chain.served().http);
    const digest = await digestOf(0);
    for (const instance of [1, 2]) expect(await digestOf(instance, '--compare', digest)).toBe(digest);
    const owned = await Promise.all(
      [0, 1, 2].map(async (instance) => {
        const status = await cluster.client(instance).tiers.get<{ instance: { partitions: { source: string }[] } }>('/v1/status');
        return status.instance.partitions.map(({ source }) => source);
      }),
    );
    const named = (suffix: string, count: number) => Array.from({ length: count }, (_, i) => `purchase.events.v1${suffix}/${i}`);
    expect(owned[0]?.toSorted()).toEqual(named(oldSuffix, 3));
    expect([...(owned[1] ?? []), ...(owned[2] ?? [])].toSorted()).toEqual(named(newSuffix, 6));
    await chain.settle();

    // A store already writes to the new intake topic: its records wait there.
    const [first] = new History(SEED * 1_000, '0-').items(RECEIPTS);
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic: INTAKE_TOPIC + newSuffix, messages: [{ key: 's', value: JSON.stringify(first) }] });
    await producer.disconnect();
    const duplicates = async () => (await cluster.client().get<{ total: { duplicate: number } }>('/v1/intake/report')).total.duplicate;
    const before = await duplicates();

    // Taken over: the old instance ends, the purchase process goes on with the new set alone, the old topics are deleted.
    expect(await cluster.loyaltyTier[0]?.stop()).toBe(0);
    await restartPurchase(onNew);
    const admin = kafka.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: cluster.topics.map(({ name }) => name + oldSuffix) });
    await admin.disconnect();
    await until('the waiting record is taken in', async () => (await duplicates()) === before + 1);
    await chain.ingest(30);
    await chain.telling(async () => {
      for (const instance of [1, 2]) await chain.chain.verify(chain.served(instance));
    });
    const status = await chain.cluster.client().get<{ relay: { state: string }; alsoRelays?: unknown }>('/v1/status');
    expect([status.relay.state, status.alsoRelays]).toEqual(['leading', undefined]);
  }, 240_000);
});
