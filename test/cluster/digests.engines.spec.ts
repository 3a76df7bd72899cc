import { History, STORES, disturbed } from '../support/receipts';
import { ledgerDigest, pyramidOf, ranked } from '../support/reference/contributions';
import { Reference } from '../support/reference/reference';
import { TestCluster } from './support/test-cluster';

describe('separate services', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start({ partitions: 3, instances: 2 });
  }, 180_000);
  afterAll(() => cluster?.close());

  it('come to the digest of the reference', async () => {
    const client = cluster.client();
    for (const store of STORES) expect((await client.post('/v1/stores', store)).status).toBe(201);
    const items = new History(7).items(400);
    await client.ingest(disturbed(items, 7));
    const reference = new Reference().register(STORES);
    reference.take(items);
    const entries = reference.entries();
    const head = await client.head();
    for (const instance of [0, 1]) {
      const asked = cluster.client(instance);
      expect(await asked.get(`/v1/digest?atLeast=${head}`)).toMatchObject(ledgerDigest(entries));
      expect(await asked.get(`/v1/pyramid?asOf=2024-12-31&atLeast=${head}`)).toMatchObject(pyramidOf(ranked(entries)));
    }
  }, 120_000);
});
