import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { applyTopics } from '@regulars/adapter-kafka';
import { ACCESS_TOKENS_TOPIC, PURCHASE_TOPIC, STORE_TOPIC } from '@regulars/contracts';
import { ChainOnCluster, relaunch } from './support/chain-on-cluster';
import { RecordsOfTopic } from './support/records-of-topic';
import { RelayHost } from './support/relay-host';

const SEED = Number(process.env.REGULARS_SEED ?? 20_240_501);
const ITEMS = 40;
/** Past the session timeout of the test cluster. */
const PAST_SESSION_MS = 8_000;
/** Past the relay's lease of ten seconds, of which it uses three quarters. */
const PAST_LEASE_MS = 11_000;
const LEASE_MS = 2_000;
const BATCH_EVENTS_MAX = 4;

describe(`processes stand still and come back (seed ${SEED})`, () => {
  let running: ChainOnCluster;
  beforeAll(async () => {
    running = await ChainOnCluster.start(SEED);
    await running.ingest(ITEMS);
    await running.settle();
  }, 180_000);
  afterAll(() => running?.close());

  it('an instance past its session: the others answer for the chain meanwhile, and what it does when it is back changes nothing', async () => {
    const frozen = running.cluster.loyaltyTier[0]!;
    await running.owning(0);
    const streaming = running.ingest(2 * ITEMS);
    frozen.freeze();
    const since = Date.now();
    await streaming;
    await running.settle([1]);
    await sleep(Math.max(0, PAST_SESSION_MS - (Date.now() - since)));
    await running.ingest(ITEMS);
    frozen.thaw();
    await running.settle();
    await running.owning(0);
    await running.ingest(ITEMS);
    await running.settle();
  });

  it('the purchase process past its lease, in the middle of a stream: nothing is lost, doubled or out of order', async () => {
    const { purchase } = running;
    let thawed: Promise<void> | undefined;
    await running.ingest(2 * ITEMS, () => {
      if (thawed) return;
      purchase.freeze();
      thawed = sleep(PAST_LEASE_MS).then(() => purchase.thaw());
    });
    await thawed;
    await running.settle();
    expect((await RecordsOfTopic.read(running.cluster)).problems()).toEqual([]);
  });

  it('two relays at once: one leads; frozen past its lease and overtaken, it publishes nothing when it is back', async () => {
    const { cluster } = running;
    const before = await RecordsOfTopic.read(cluster);
    const digest = await running.served(0).http.get<Record<string, unknown>>('/v1/digest');
    await cluster.purchase.stop();
    const relays = await twoRelays(running);
    const [first, second] = relays;
    try {
      const leading = await first.until(({ state, position }) => state === 'leading' && position !== undefined);
      second.thaw();
      await second.until(({ state }) => state === 'standby');
      first.freeze();
      const successor = await second.until(({ state, position = '' }) => state === 'leading' && position > (leading.position ?? ''));
      expect(successor.epoch).toBeGreaterThan(leading.epoch ?? Infinity);
      first.thaw();
      await first.until(({ state }) => state === 'standby');
      const { head } = await second.until(({ position, head: end }) => position === end);
      const after = await RecordsOfTopic.read(cluster, { topicSuffix: suffixOf(running), upTo: head });
      expect(after.problems()).toEqual([]);
      expect(after.places).toEqual(before.places);
      // One batch may have been on its way when it was stopped; consumers leave it out.
      const stale = await RecordsOfTopic.epochs(cluster, suffixOf(running));
      expect(stale.filter(({ epoch, highestBefore }) => epoch < highestBefore).length).toBeLessThanOrEqual(BATCH_EVENTS_MAX);
    } catch (error) {
      throw new Error(`${String(error)}\n${relays.map(({ said }) => said).join('\n')}`, { cause: error });
    } finally {
      await Promise.all(relays.map((relay) => relay.close()));
    }
    await relaunch(cluster.purchase);
    const place = cluster.loyaltyTier.length;
    await cluster.addInstance({ REGULARS_KAFKA_TOPIC_SUFFIX: suffixOf(running) });
    const { digest: other } = await running.served(place).http.get<{ digest: string }>('/v1/digest');
    expect(other).toBe(digest.digest);
  });
});

const suffixOf = ({ cluster }: ChainOnCluster) => `${cluster.topicSuffix}.second`;

/** Two relays over copies of the same log into the same new topics; the second one is frozen until it is wanted. */
async function twoRelays({ cluster }: ChainOnCluster): Promise<readonly [RelayHost, RelayHost]> {
  const topicSuffix = suffixOf({ cluster } as ChainOnCluster);
  const connection = { brokers: cluster.engines.brokers.split(','), clientId: 'test' };
  await applyTopics(connection, cluster.topics, { topicSuffix });
  const topics = cluster.topics.filter(({ name }) => [PURCHASE_TOPIC, STORE_TOPIC, ACCESS_TOKENS_TOPIC].includes(name));
  const [first, second] = ['first', 'second'].map((holder) => {
    const directory = join(cluster.folder, `log-${holder}`);
    cpSync(join(cluster.folder, 'purchase', 'event-log'), directory, { recursive: true });
    return new RelayHost({
      holder,
      directory,
      kafka: { connection, topicSuffix, chain: 'main', topics },
      mongodb: { url: cluster.engines.mongodbUrl, database: `${cluster.mark}-purchase`, bulkWritesMax: 32 },
      leaseMs: LEASE_MS,
      batchEventsMax: BATCH_EVENTS_MAX,
      batchMs: 50,
    });
  }) as [RelayHost, RelayHost];
  second.freeze();
  return [first, second];
}
