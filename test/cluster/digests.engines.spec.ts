import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Platform, startPlatform } from '@regulars/platform';
import { atRest } from '../support/chain-under-test';
import { HttpClient } from '../support/http-client';
import { seeded } from '../support/random';
import { disturbed, History, type Item, STORES } from '../support/receipts';
import { type Entry, Reference } from '../support/reference/reference';
import { ledgerDigest, pyramidOf, ranked } from '../support/reference/contributions';
import { IntakeTopic } from './support/intake-topic';
import { TestCluster } from './support/test-cluster';

const SEED = 7;
const AS_OF = '2024-12-31';
const SCOPES = ['scope=chain', 'scope=region:west', 'scope=store:tokyo', 'scope=category:tea', 'window=2024-03-01..2024-03-31'];

const line = (item: Item): Buffer => Buffer.from(JSON.stringify(item));
/** What no history explains away: it stays in quarantine. */
const BROKEN = [
  Buffer.from('{"store":"berlin"'),
  Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
  Buffer.from('[]'),
  line({ store: 'atlantis', terminal: '1', receipt: '1', occurredAt: '2024-03-01T10:00:00Z', lines: [] }),
];

/** A history twice over, in an order that leaves nothing waiting: what becomes of each is then the same wherever it is sent. */
function inOrder(): Buffer[] {
  const items = new History(SEED + 1, 'ordered-').items(20);
  const conflicts = items.slice(0, 5).map((item) => ({ ...item, occurredAt: '2024-03-01T10:00:00Z' }));
  return [...items.flatMap((item) => [line(item), line(item)]), ...conflicts.map(line), ...BROKEN, ...BROKEN];
}

const ordered = inOrder();
const items = new History(SEED).items(150);
const deliveries = disturbed(items, SEED);
const client = (platform: Platform) => new HttpClient(platform.url, platform.adminToken);
const uncut = (buffers: readonly Buffer[]) => buffers.map((buffer) => Buffer.concat([buffer, Buffer.from('\n')]));

/** What the same input, all of it over HTTP, comes to in one process. */
interface Expected {
  readonly entries: readonly Entry[];
  readonly digest: object;
  readonly pyramids: readonly object[];
  readonly tiers: ReadonlyMap<string, object>;
  readonly report: object;
  readonly quarantineOpen: number;
  /** What became of each of the ordered lines. */
  readonly verdicts: readonly object[];
}

const verdictOf = ({ outcome, purchaseId, quarantineId, code }: Record<string, unknown>) => ({ outcome, purchaseId, quarantineId, code });
const withoutPosition = (answer: object): object => ({ ...answer, position: undefined });
const pyramidPath = (what: string) => `/v1/pyramid?asOf=${AS_OF}&${what}`;
const tierPath = (customer: string) => `/v1/customers/${customer}/tier?asOf=${AS_OF}`;

async function embedded(folder: string): Promise<Expected> {
  const platform = await startPlatform({ dataDir: folder, port: 0, quiet: true, environment: {} });
  try {
    const http = client(platform);
    for (const store of STORES) await http.post('/v1/stores', store);
    const streamed = await http.stream(uncut(ordered));
    await http.streamItems(deliveries);
    const quarantineOpen = BROKEN.length + 5;
    await atRest(http, quarantineOpen);
    const entries = new Reference().register(STORES);
    entries.take(items);
    entries.take(new History(SEED + 1, 'ordered-').items(20));
    const customers = ranked(entries.entries()).map(({ customer }) => customer);
    const { total } = await http.get<{ total: object }>('/v1/intake/report');
    return {
      entries: entries.entries(),
      digest: withoutPosition(await http.get<object>('/v1/digest')),
      pyramids: await inTurn(SCOPES, async (what) => withoutPosition(await http.get<object>(pyramidPath(what)))),
      tiers: new Map(await inTurn(customers, async (id) => [id, withoutPosition(await http.get<object>(tierPath(id)))] as const)),
      report: total,
      quarantineOpen,
      verdicts: streamed.results.map((result) => verdictOf(result as unknown as Record<string, unknown>)),
    };
  } finally {
    await platform.close();
  }
}

async function inTurn<In, Out>(inputs: readonly In[], ask: (input: In) => Promise<Out>): Promise<Out[]> {
  const answers: Out[] = [];
  for (const input of inputs) answers.push(await ask(input));
  return answers;
}

describe('the same input as separate services and in one process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regulars-digests-'));
  let expected: Expected;
  beforeAll(async () => {
    expected = await embedded(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('comes to what the reference says, in one process', () => {
    expect(expected.digest).toMatchObject(ledgerDigest(expected.entries));
    expect(expected.pyramids[0]).toMatchObject(pyramidOf(ranked(expected.entries)));
    const quarantined = 5 + 2 * BROKEN.length;
    const received = deliveries.length + ordered.length;
    const accepted = items.length + (ordered.length - 5 - 2 * BROKEN.length) / 2;
    expect(expected.report).toEqual({ received, accepted, duplicate: received - accepted - quarantined, quarantined });
  });

  it.each([
    [1, 2],
    [2, 1],
    [6, 3],
    [12, 2],
  ])('comes to the same with %i partitions and %i instances', async (partitions, instances) => {
    const cluster = await TestCluster.start({ partitions, instances });
    try {
      const topic = await IntakeTopic.open(cluster);
      const http = cluster.client();
      for (const store of STORES) expect((await http.post('/v1/stores', store)).status).toBe(201);

      // Half the deliveries take one road, half the other, at the same time.
      const random = seeded(SEED + partitions);
      const [byTopic, byHttp] = split(deliveries, () => random.chance(50));
      const sent = topic.send([
        ...ordered.map((value) => ({ key: 'ordered', value })),
        ...byTopic.map((item) => ({ key: `${item.store ?? ''}/${item.terminal ?? ''}`, value: line(item) })),
      ]);
      await http.ingest(byHttp);
      const results = await topic.results(await sent);
      expect(results.filter((told) => new Set(told.map((each) => JSON.stringify(each))).size !== 1)).toEqual([]);
      expect(results.slice(0, ordered.length).map(([told]) => verdictOf({ ...told }))).toEqual(expected.verdicts);
      await topic.close();
      await comesTo(cluster, expected);
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${cluster.output()}`, { cause: error });
    } finally {
      await cluster.close();
    }
  });
});

/** Every answer of every instance is that of one process. */
async function comesTo(cluster: TestCluster, { digest, pyramids, tiers, report, quarantineOpen }: Expected): Promise<void> {
  const http = cluster.client();
  await atRest(http, quarantineOpen);
  expect((await http.get<{ total: object }>('/v1/intake/report')).total).toEqual(report);
  const head = await http.head();
  for (const [instance] of cluster.loyaltyTier.entries()) {
    const asked = cluster.client(instance);
    expect(withoutPosition(await asked.get<object>(`/v1/digest?atLeast=${head}`))).toEqual(digest);
    const found = await inTurn(SCOPES, async (what) => withoutPosition(await asked.get<object>(`${pyramidPath(what)}&atLeast=${head}`)));
    expect(found).toEqual(pyramids);
  }
  const customers = [...tiers];
  const tierOf = async ([id, tier]: readonly [string, object], place: number): Promise<void> =>
    expect(withoutPosition(await cluster.client(place % cluster.loyaltyTier.length).get<object>(tierPath(id)))).toEqual(tier);
  await Promise.all(
    [0, 1, 2, 3].map((lane) =>
      inTurn(
        [...customers.entries()].filter(([place]) => place % 4 === lane),
        ([place, one]) => tierOf(one, place),
      ),
    ),
  );
}

function split<T>(all: readonly T[], isOne: () => boolean): [T[], T[]] {
  const halves: [T[], T[]] = [[], []];
  for (const each of all) halves[isOne() ? 0 : 1].push(each);
  return halves;
}
