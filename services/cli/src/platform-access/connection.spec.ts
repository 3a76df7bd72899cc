import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from './connection';
import { serviceOf } from './service-urls';

/** A service that answers every request with its own name and what it was asked. */
async function service(name: string): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ name, path: request.url, authorization: request.headers.authorization }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

describe('finding the services', () => {
  const folder = mkdtempSync(join(tmpdir(), 'regulars-connection-'));
  let purchase: Awaited<ReturnType<typeof service>>;
  let tier: Awaited<ReturnType<typeof service>>;
  beforeAll(async () => {
    [purchase, tier] = [await service('purchase'), await service('loyalty-tier')];
    writeFileSync(join(folder, 'the.token'), 'secret\n');
  });
  afterAll(() => {
    purchase.server.close();
    tier.server.close();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['/v1/pyramid?asOf=2026-01-01', 'loyalty-tier'],
    ['/v1/customers/c1/tier', 'loyalty-tier'],
    ['/v1/digest', 'loyalty-tier'],
    ['/v1/purchases:stream', 'purchase'],
    ['/v1/status', 'purchase'],
    ['/v1/tokens', 'purchase'],
  ])('%s is answered by %s', (path, name) => expect(serviceOf(path)).toBe(name));

  it('asks each service of a cluster on this machine for what it answers', async () => {
    const services = { purchase: [purchase.url], 'loyalty-tier': [tier.url, 'http://127.0.0.1:1'] };
    writeFileSync(join(folder, 'cluster.json'), JSON.stringify({ services, tokenFile: join(folder, 'the.token') }));
    const { api, close } = await connect({ data: folder }, {});
    expect(api.services).toEqual(['purchase', 'loyalty-tier']);
    expect(await api.get('/v1/pyramid')).toEqual({ name: 'loyalty-tier', path: '/v1/pyramid', authorization: 'Bearer secret' });
    expect(await api.get('/v1/stores')).toMatchObject({ name: 'purchase' });
    await close();
    const alone = await connect({ data: folder, service: 'loyalty-tier' }, {});
    expect(await alone.api.get('/v1/status')).toMatchObject({ name: 'loyalty-tier' });
    await alone.close();
    await expect(connect({ data: folder, service: 'profile' }, {})).rejects.toThrow('no such service');
  });

  it('takes single addresses from the environment, and one address for all the rest', async () => {
    const environment = { REGULARS_URL: purchase.url, REGULARS_LOYALTY_TIER_URL: tier.url, REGULARS_TOKEN: 't' };
    const { api, close } = await connect({}, environment);
    expect(await api.get('/v1/digest')).toMatchObject({ name: 'loyalty-tier', authorization: 'Bearer t' });
    expect(await api.get('/v1/intake/report')).toMatchObject({ name: 'purchase' });
    await close();
    await expect(connect({}, { ...environment, REGULARS_PURCHASE_URL: 'no url' })).rejects.toThrow('no URL');
  });

  it('says what to do about a file that names no services', async () => {
    const broken = mkdtempSync(join(folder, 'broken-'));
    writeFileSync(join(broken, 'cluster.json'), '{"services":{}');
    await expect(connect({ data: broken }, {})).rejects.toMatchObject({ whatToDo: expect.stringContaining('npm run cluster') });
  });
});
