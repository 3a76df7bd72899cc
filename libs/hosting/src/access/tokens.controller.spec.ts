import { createHttpServer, createLogger, createRegistry, type HttpServer, loadConfiguration } from '@regulars/runtime';
import type { FastifyInstance } from 'fastify';
import { AccessInMemory, at, clock } from '../../spec-support/access-in-memory';
import { parseToken } from './token-text';
import { ACCESS, TokensController } from './tokens.controller';

let access: AccessInMemory;
beforeEach(async () => {
  access = new AccessInMemory();
  await access.open();
});
afterEach(() => access.close());

describe('the tokens resource', () => {
  let server: HttpServer;
  let bearer: Record<'administrator' | 'operations' | 'manager', string>;
  beforeEach(async () => {
    server = await createHttpServer({
      controllers: [TokensController],
      providers: [{ provide: ACCESS, useValue: access.context }],
      configuration: loadConfiguration({ overrides: { http: { port: 0 } } }),
      authenticator: access.context.registry,
      logger: createLogger({ level: 'silent' }),
      registry: createRegistry({ processMetrics: false }),
      clock,
    });
    const make = async (role: 'administrator' | 'operations' | 'manager', stores: '*' | string[]) =>
      (await access.issued({ role, stores, terminal: null, label: role })).token;
    bearer = {
      administrator: await make('administrator', '*'),
      operations: await make('operations', ['s1']),
      manager: await make('manager', '*'),
    };
  });
  afterEach(() => server.close());

  const call = async (role: keyof typeof bearer, method: 'GET' | 'POST', url: string, payload?: object) => {
    const fastify = server.app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
    const reply = await fastify.inject({
      method,
      url,
      headers: { authorization: `Bearer ${bearer[role]}` },
      ...(payload ? { payload } : {}),
    });
    return { status: reply.statusCode, body: reply.json() };
  };
  const tillBody = { role: 'till', stores: ['s1'], terminal: 'k1' };

  it('issues, lists and revokes', async () => {
    const made = await call('administrator', 'POST', '/v1/tokens', { ...tillBody, label: 'front' });
    expect(made).toEqual({ status: 201, body: { id: expect.any(String), token: expect.stringMatching(/^rgl_/) } });
    const { items } = (await call('administrator', 'GET', '/v1/tokens')).body;
    expect(items).toHaveLength(4);
    expect(items).toContainEqual({ id: made.body.id, role: 'till', stores: ['s1'], terminal: 'k1', label: 'front', issuedAt: at });
    expect(JSON.stringify(items)).not.toMatch(/hash|secret/i);
    const revoked = await call('administrator', 'POST', `/v1/tokens/${made.body.id}:revoke`);
    expect(revoked).toMatchObject({ status: 200, body: { id: made.body.id, revokedAt: at } });
    expect((await call('administrator', 'POST', `/v1/tokens/${made.body.id}:revoke`)).status).toBe(200);
    expect(access.context.registry.authenticate(made.body.token)).toBeUndefined();
  });

  it('lets operations manage the tills of its stores, and nothing else', async () => {
    const made = await call('operations', 'POST', '/v1/tokens', tillBody);
    expect(made.status).toBe(201);
    expect((await call('operations', 'POST', '/v1/tokens', { ...tillBody, stores: ['s2'] })).body.code).toBe('access.forbidden');
    expect((await call('operations', 'POST', '/v1/tokens', { role: 'administrator' })).body.code).toBe('access.forbidden');
    expect((await call('operations', 'GET', '/v1/tokens')).body.items.map((item: { id: string }) => item.id)).toEqual([made.body.id]);
    const administrator = parseToken(bearer.administrator)?.tokenId;
    expect((await call('operations', 'POST', `/v1/tokens/${administrator}:revoke`)).body.code).toBe('access.forbidden');
    expect((await call('operations', 'POST', `/v1/tokens/${made.body.id}:revoke`)).status).toBe(200);
  });

  it('is closed to other roles', async () => {
    expect((await call('manager', 'GET', '/v1/tokens')).status).toBe(403);
    expect((await call('manager', 'POST', '/v1/tokens', tillBody)).status).toBe(403);
  });

  it.each([
    [{}, 'request.invalid'],
    [{ role: 'king' }, 'request.invalid'],
    [{ ...tillBody, terminal: undefined }, 'request.invalid'],
    [{ ...tillBody, stores: undefined }, 'request.invalid'],
    [{ ...tillBody, stores: ['s1', 's2'] }, 'request.invalid'],
    [{ ...tillBody, stores: [] }, 'request.invalid'],
    [{ role: 'staff', terminal: 'k1' }, 'request.invalid'],
    [{ ...tillBody, label: 'a\nb' }, 'request.invalid'],
    [{ ...tillBody, secretHash: 'x' }, 'request.invalid'],
  ])('refuses %j', async (body, code) => {
    const reply = await call('administrator', 'POST', '/v1/tokens', body);
    expect(reply).toMatchObject({ status: 422, body: { code, errors: [expect.anything()] } });
  });

  it('knows no token that is not there, whatever it is called', async () => {
    for (const id of ['missing', '__proto__', 'constructor', 'x'.repeat(300), '..%2f..', '%00', 'a:b']) {
      const reply = await call('administrator', 'POST', `/v1/tokens/${id}:revoke`);
      expect(reply.body.code).toBe('access.token-unknown');
    }
  });
});
