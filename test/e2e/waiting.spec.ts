import type { Result } from '../support/http-client';
import { atRest, ChainUnderTest } from '../support/chain-under-test';
import { PlatformProcess, testFolder } from '../support/platform-process';
import { type Item, STORES } from '../support/receipts';

const PAIRS = 200;
const at = (receipt: string) => ({ store: 'berlin', terminal: '1', receipt, occurredAt: '2024-03-01T10:00:00Z' });
const purchases: Item[] = Array.from({ length: PAIRS }, (_, n) => ({
  ...at(`P${n}`),
  customer: `c-${n}`,
  lines: [{ sku: 'a', quantity: 2, unitPrice: 100 }],
}));
const returns: Item[] = purchases.map((_, n) => ({
  kind: 'return',
  ...at(`R${n}`),
  of: { store: 'berlin', terminal: '1', receipt: `P${n}` },
  returned: [{ line: 1, quantity: 1 }],
}));
const interleaved = returns.flatMap((item, n) => [item, purchases[n] as Item]);

describe('what waits in quarantine', () => {
  const folder = testFolder();
  let platform: PlatformProcess;
  beforeEach(async () => {
    platform = await PlatformProcess.start(folder.path);
  });
  afterEach(async () => {
    await platform.kill();
    folder.remove();
  });

  const outcomes = (results: readonly Result[]) => [...new Set(results.map(({ outcome }) => outcome))];
  const report = async () => (await platform.http.get<{ total: object }>('/v1/intake/report')).total;

  it('is taken, and counts as taken, also where a copy of it comes in the same moment', async () => {
    await new ChainUnderTest(1).registerStores(platform);
    expect(outcomes((await platform.http.streamItems(returns)).results)).toEqual(['quarantined']);
    await platform.http.streamItems(interleaved);
    await atRest(platform.http);
    expect(await report()).toEqual({ received: 3 * PAIRS, accepted: 2 * PAIRS, duplicate: PAIRS, quarantined: 0 });
  });

  it('is taken where its store comes first and its purchase after', async () => {
    await platform.http.streamItems(returns);
    await new ChainUnderTest(1).registerStores(platform);
    await platform.http.streamItems(purchases);
    await atRest(platform.http);
    expect(await report()).toEqual({ received: 2 * PAIRS, accepted: 2 * PAIRS, duplicate: 0, quarantined: 0 });
  });

  it('is taken where purchases and returns wait for their store together', async () => {
    await platform.http.streamItems(interleaved);
    for (const store of STORES) await platform.http.post('/v1/stores', store);
    await atRest(platform.http);
    expect(await report()).toEqual({ received: 2 * PAIRS, accepted: 2 * PAIRS, duplicate: 0, quarantined: 0 });
  });

  it('is counted once for each time it was sent, in a history that comes shuffled and repeated', async () => {
    const chain = new ChainUnderTest(20_240_302);
    await chain.registerStores(platform);
    for (let part = 0; part < 4; part++) await chain.ingest(platform, 300);
    await chain.verify(platform);
    await chain.countsAgree(platform);
  });
});
