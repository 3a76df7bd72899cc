import { ChainUnderTest } from '../support/chain-under-test';
import type { HttpClient } from '../support/http-client';
import { PlatformProcess, testFolder } from '../support/platform-process';
import { type Operation, operations } from '../support/routes';

const ROLES = ['till', 'staff', 'manager', 'operations', 'sre', 'administrator'];
const PUBLIC = ['GET /health/live', 'GET /health/ready'];

describe('access', () => {
  const folder = testFolder();
  let platform: PlatformProcess;
  let routes: readonly Operation[];
  const tokens = new Map<string, HttpClient>();

  async function issue(request: object): Promise<HttpClient & { readonly tokenId: string }> {
    const { status, body, text } = await platform.http.post<{ id: string; token: string }>('/v1/tokens', request);
    if (status !== 201) throw new Error(text);
    return Object.assign(platform.http.as(body.token), { tokenId: body.id });
  }

  beforeAll(async () => {
    platform = await PlatformProcess.start(folder.path);
    await new ChainUnderTest(1).registerStores(platform);
    routes = operations(await platform.http.get('/openapi.json'));
    for (const role of ROLES) {
      const till = role === 'till' ? { stores: ['berlin'], terminal: '1' } : {};
      tokens.set(role, role === 'administrator' ? platform.http : await issue({ role, ...till }));
    }
  }, 60_000);
  afterAll(async () => {
    await platform.kill();
    folder.remove();
  });

  const call = (http: HttpClient, { method, template, mediaType }: Operation) =>
    http.send<{ code?: string }>(template.replace(/\{\w+\}/g, 'x'), {
      method,
      ...(mediaType ? { body: '{', headers: { 'content-type': mediaType } } : {}),
    });

  it('is asked for on every route but health', () => {
    expect(routes.filter(({ roles }) => roles === undefined).map(({ id }) => id)).toEqual(PUBLIC);
  });

  it('is refused without a token, with one that is none, and with a revoked one', async () => {
    const revoked = await issue({ role: 'operations' });
    expect((await revoked.send('/v1/status')).status).toBe(200);
    expect((await platform.http.post(`/v1/tokens/${revoked.tokenId}:revoke`, {})).status).toBe(200);
    for (const route of routes.filter(({ roles }) => roles)) {
      for (const http of [platform.http.as(''), platform.http.as('x'), platform.http.as(`${platform.http.token}x`), revoked]) {
        const { status, body } = await call(http, route);
        expect([route.id, status, body?.code]).toEqual([route.id, 401, 'access.unauthenticated']);
      }
      const basic = await platform.http.as('').send(route.template, { method: route.method, headers: { authorization: 'Basic eDp5' } });
      expect([route.id, basic.status]).toEqual([route.id, 401]);
    }
  });

  it('is refused to every role that the route does not name, and to no other', async () => {
    for (const route of routes.filter(({ roles }) => roles)) {
      for (const role of ROLES) {
        const { status, body } = await call(tokens.get(role)!, route);
        const allowed = route.roles?.includes(role);
        const told = `${role} ${route.id}`;
        if (!allowed) expect([told, status, body?.code]).toEqual([told, 403, 'access.forbidden']);
        // A body that is no JSON, or an id that is none: whoever may call gets past the door.
        else expect([told, status === 401]).toEqual([told, false]);
      }
    }
  });

  it('of a till ends at its own terminal', async () => {
    const till = tokens.get('till')!;
    const item = (store: string, terminal: string) => ({
      store,
      terminal,
      receipt: '1',
      occurredAt: '2024-03-01T10:00:00Z',
      lines: [{ sku: 'a', quantity: 1, unitPrice: 1 }],
    });
    const own = item('berlin', '1');
    const foreign = [item('berlin', '2'), item('tokyo', '1')];
    expect((await till.post('/v1/purchases', own)).status).toBe(201);
    for (const other of foreign) {
      const { status, body } = await till.post('/v1/purchases', other);
      expect([status, body.code]).toEqual([403, 'access.wrong-terminal']);
      const { status: voided } = await till.post('/v1/voids', {
        of: { ...other, lines: undefined, occurredAt: undefined },
        occurredAt: '2024-03-01T10:00:00Z',
        reason: 'x',
      });
      expect(voided).toBe(403);
    }
    const batch = await till.post<{ results: { outcome: string; code?: string }[] }>('/v1/purchases:batch', [...foreign, own]);
    expect(batch.body.results.map(({ outcome, code }) => code ?? outcome)).toEqual([
      'access.wrong-terminal',
      'access.wrong-terminal',
      'duplicate',
    ]);
    expect((await platform.http.send('/v1/purchases/tokyo/1/1')).status).toBe(404);
  });

  it('of one store ends at its doors', async () => {
    const manager = await issue({ role: 'manager', stores: ['berlin'] });
    const operator = await issue({ role: 'operations', stores: ['berlin'] });
    await platform.http.post('/v1/purchases', {
      store: 'tokyo',
      terminal: '9',
      receipt: '9',
      occurredAt: '2024-03-01T10:00:00Z',
      lines: [{ sku: 'a', quantity: 1, unitPrice: 1 }],
    });
    for (const [http, path] of [
      [manager, '/v1/purchases/tokyo/9/9'],
      [manager, '/v1/stores/tokyo'],
      [manager, '/v1/pyramid'],
      [manager, '/v1/pyramid?scope=store:tokyo'],
      [manager, '/v1/pyramid?scope=region:east'],
      [manager, '/v1/quarantine?store=tokyo'],
      [manager, '/v1/quarantine:export?store=tokyo'],
    ] as const) {
      const { status } = await http.send(path);
      expect([path, status]).toEqual([path, 403]);
    }
    const seen = await manager.get<{ rows: { store: string }[] }>('/v1/intake/report');
    expect([...new Set(seen.rows.map(({ store }) => store))]).toEqual(['berlin']);
    expect((await manager.get<{ items: { id: string }[] }>('/v1/stores')).items.map(({ id }) => id)).toEqual(['berlin']);
    expect((await operator.post('/v1/stores', { id: 'x', name: 'x', region: 'x', timeZone: 'UTC' })).status).toBe(403);
    expect((await operator.post('/v1/tokens', { role: 'till', stores: ['tokyo'], terminal: '1' })).status).toBe(403);
    expect((await operator.post('/v1/tokens', { role: 'administrator' })).status).toBe(403);
    expect((await manager.get<unknown>('/v1/pyramid?scope=store:berlin&asOf=2024-12-31')) !== undefined).toBe(true);
  });
});
