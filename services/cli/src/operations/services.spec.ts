import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakePlatform } from '../../spec-support/fake-platform';
import { regulars } from '../../spec-support/run-regulars';

const common = { chain: 'main', version: '0.1.0', startedAt: '2026-03-01T00:00:00Z', projections: [], replays: [], deadLetters: 0 };
const letter = (id: string) => ({
  id,
  consumer: 'contribution@v1',
  type: 't',
  position: '7',
  parkedAt: 'then',
  attempts: 1,
  reason: 'odd',
});
const notFound = [404, { title: 'No such dead letter', status: 404, code: 'dead-letter.not-found' }] as const;

describe('separate services', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regulars-services-'));
  const purchase = new FakePlatform();
  const tiers = [new FakePlatform(), new FakePlatform()];
  let urls: string[];
  const run = (...args: string[]) => regulars(['--data', folder, ...args]);
  const routed = (platform: FakePlatform | undefined, route: string, answer: unknown, status = 200) =>
    platform?.routes.set(route, [status, answer]);

  beforeAll(async () => {
    urls = await Promise.all([purchase, ...tiers].map((platform) => platform.start()));
    writeFileSync(join(folder, 'the.token'), 'secret');
    const services = { purchase: [urls[0]], 'loyalty-tier': [urls[1], urls[2], 'http://127.0.0.1:1'] };
    writeFileSync(join(folder, 'cluster.json'), JSON.stringify({ services, tokenFile: join(folder, 'the.token') }));
    const lagging = { name: 'stores', position: '7', caughtUp: false, lagSeconds: 42 };
    const relays = { relay: { state: 'leading', behind: 0 }, alsoRelays: { '.p6': { state: 'faulty', fault: 'no topic' } } };
    routed(purchase, 'GET /v1/status', { ...common, service: 'purchase', quarantineOpen: 3, projections: [lagging], ...relays });
    for (const [i, numbers] of [[0, 1, 2, 5], [3]].entries()) {
      const partitions = numbers.map((number) => ({ source: `purchase.events.v1/${number}`, lagSeconds: number === 3 ? null : number }));
      routed(tiers[i], 'GET /v1/status', { ...common, service: 'loyalty-tier', instance: { partitions, faults: {} } });
    }
  });
  afterAll(async () => {
    await Promise.all([purchase, ...tiers].map((platform) => platform.stop()));
    rmSync(folder, { recursive: true });
  });

  it('are shown each in a line, with who cannot be asked, as exit code 3', async () => {
    const { code, out, err } = await run('status');
    const lines = out
      .trim()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(lines).toEqual([
      ['service', 'url', 'version', 'relay', 'partitions', 'lag s', 'dead letters', 'quarantine'],
      ['purchase', urls[0], '0.1.0', 'leading, .p6 faulty', '42', '0', '3'],
      ['loyalty-tier', urls[1], '0.1.0', '0-2, 5', '5', '0'],
      ['loyalty-tier', urls[2], '0.1.0', '3', 'not known', '0'],
      [`purchase at ${urls[0]}: relay: no topic`],
      [expect.stringContaining('loyalty-tier at http://127.0.0.1:1 cannot be asked: The platform cannot be reached')],
    ]);
    expect([code, err]).toEqual([3, expect.stringContaining('1 of 4 processes did not answer')]);
    const asJson = JSON.parse((await run('status', '--json')).out) as { services: { service: string; error?: string }[] };
    expect(asJson.services.map(({ service, error }) => [service, error === undefined])).toEqual([
      ['purchase', true],
      ['loyalty-tier', true],
      ['loyalty-tier', true],
      ['loyalty-tier', false],
    ]);
  });

  it('are asked one alone by --service', async () => {
    const { code, out } = await run('status', '--service', 'loyalty-tier');
    expect([code, out]).toEqual([0, expect.stringContaining('partition    purchase.events.v1/5, lag 5 s')]);
    expect((await run('status', '--service', 'purchase')).out).toContain('relay        to .p6: faulty: no topic');
    routed(purchase, 'GET /v1/replays', { items: [] });
    expect((await run('replay', 'list', '--service', 'purchase')).code).toBe(0);
  });

  it('are named by the environment too, several instances separated by commas', async () => {
    const environment = { REGULARS_PURCHASE_URL: urls[0], REGULARS_LOYALTY_TIER_URL: `${urls[1]},${urls[2]}`, REGULARS_TOKEN: 't' };
    const { code, out } = await regulars(['status'], environment);
    expect([code, out.trim().split('\n')]).toEqual([0, expect.arrayContaining([expect.stringContaining(urls[2] ?? '')])]);
  });

  it('tell all their dead letters together, and re-drive each where it can be', async () => {
    routed(purchase, 'GET /v1/dead-letters', { items: [letter('p1')] });
    routed(tiers[0], 'GET /v1/dead-letters', { items: [letter('t1')] });
    routed(tiers[1], 'GET /v1/dead-letters', { items: [letter('t1')] });
    const listed = JSON.parse((await run('dead-letters', 'list', '--json')).out) as { items: { id: string; service: string }[] };
    expect(listed.items.map(({ id, service }) => [id, service])).toEqual([
      ['p1', 'purchase'],
      ['t1', 'loyalty-tier'],
    ]);
    const alone = JSON.parse((await run('dead-letters', 'list', '--service', 'purchase', '--json')).out) as { items: unknown[] };
    expect(alone.items).toHaveLength(1);
    for (const platform of [purchase, tiers[0]]) platform?.routes.set('POST /v1/dead-letters/t1:redrive', [...notFound]);
    routed(tiers[1], 'POST /v1/dead-letters/t1:redrive', { redriven: 1 });
    expect(await run('dead-letters', 'redrive', 't1')).toMatchObject({ code: 0, out: 'Dead letter t1 is re-driven.\n' });
    for (const platform of [purchase, ...tiers]) platform.routes.set('POST /v1/dead-letters/unknown:redrive', [...notFound]);
    // Nobody who answers has it, but the one that does not answer may.
    expect((await run('dead-letters', 'redrive', 'unknown')).code).toBe(3);
  });

  it('are verified as far as they can be, and what cannot is said', async () => {
    purchase.routes.set('POST /v1/replays', [404, { title: 'No such projection', status: 404, code: 'replay.projection-unknown' }]);
    const { code, out, err } = await run('verify');
    expect(out).toContain('event log: not read, because the services have it');
    expect(out).toContain('stores: not replayed');
    expect(out).toContain('contribution: not replayed');
    expect([code, err]).toEqual([1, expect.stringContaining('move-to-separate-services.md')]);
    const replay = { id: 'r1', projection: 'stores', state: 'ready', processed: 1, total: 1, digestLive: 'a', digestReplayed: 'b' };
    routed(purchase, 'POST /v1/replays', replay, 201);
    routed(purchase, 'GET /v1/replays/r1', { ...replay, digestsEqual: false });
    expect(await run('verify')).toMatchObject({ code: 5, out: expect.stringContaining('stores: DIFFERS') as string });
    routed(purchase, 'GET /v1/replays/r1', { ...replay, digestsEqual: true });
    expect((await run('verify')).code).toBe(0);
  });

  it('keep their log where commands on files are led to it', async () => {
    for (const args of [
      ['backup', 'copy'],
      ['export-log', 'x.ndjson'],
    ]) {
      const { code, err } = await run(...args);
      expect([code, err]).toEqual([2, expect.stringContaining(join(folder, 'purchase-1'))]);
    }
  });
});
