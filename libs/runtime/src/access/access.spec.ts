import { Body, Controller, Get, Post } from '@nestjs/common';
import { CodedError } from '@regulars/kernel';
import { type TestServer, testServer } from '../../spec-support/test-server';
import { Allow, CurrentPrincipal, Public } from './decorators';
import { type Principal, type Role, roles } from './principal';
import { requireChain, requireStore, requireTerminal } from './scope';
import { hashSecret, secretMatches } from './secrets';

@Controller('for')
class RolesController {
  @Get('till')
  @Allow('till')
  till(@CurrentPrincipal() principal: Principal): string {
    return principal.tokenId;
  }
  @Get('staff')
  @Allow('staff')
  staff(): string {
    return 'ok';
  }
  @Get('manager')
  @Allow('manager')
  manager(): string {
    return 'ok';
  }
  @Get('operations')
  @Allow('operations')
  operations(): string {
    return 'ok';
  }
  @Get('sre')
  @Allow('sre')
  sre(): string {
    return 'ok';
  }
  @Get('administrator')
  @Allow('administrator')
  administrator(): string {
    return 'ok';
  }
  @Get('anybody')
  @Public()
  anybody(): string {
    return 'ok';
  }
  @Post('till')
  @Allow('till')
  write(@Body() body: unknown): unknown {
    return body;
  }
}

@Controller('forgotten')
class ForgottenController {
  @Get('secret/:id')
  secret(): string {
    return 'open by accident';
  }
}

describe('access to routes', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer([RolesController]);
  });
  afterAll(() => server.close());

  const status = async (url: string, authorization?: string): Promise<number> =>
    (await server.fastify.inject({ url, headers: authorization === undefined ? {} : { authorization } })).statusCode;

  it.each(roles.flatMap((route) => roles.map((caller) => [route, caller] as const)))(
    'a route for %s, called by %s',
    async (route, caller) => {
      expect(await status(`/for/${route}`, `Bearer ${caller}`)).toBe(route === caller || caller === 'administrator' ? 200 : 403);
    },
  );

  it.each([undefined, '', 'Bearer', 'Bearer nobody', 'Basic till', 'Bearer till till', 'Bearer till\u00e9', `Bearer ${'x'.repeat(600)}`])(
    'answers 401 to %p',
    async (authorization) => {
      expect(await status('/for/till', authorization)).toBe(401);
    },
  );

  it('names the scheme in a 401', async () => {
    const reply = await server.fastify.inject({ url: '/for/till' });
    expect(reply.headers['www-authenticate']).toMatch(/^Bearer/);
    expect(reply.json()).toMatchObject({ code: 'access.unauthenticated', status: 401 });
  });

  it('lets anybody in where a route says so, and tells handlers who is calling', async () => {
    expect(await status('/for/anybody')).toBe(200);
    expect((await server.fastify.inject({ url: '/for/till', headers: { authorization: 'bearer till' } })).body).toBe('id-till');
  });

  it('refuses before it looks at the body', async () => {
    const reply = await server.fastify.inject({
      method: 'POST',
      url: '/for/till',
      payload: '{broken',
      headers: { 'content-type': 'application/json' },
    });
    expect(reply.statusCode).toBe(401);
  });

  it.each([
    ['late', 200, async () => ({ tokenId: 'late', role: 'till', stores: '*' }) as const],
    ['at once', 200, () => ({ tokenId: 'now', role: 'till', stores: '*' }) as const],
    ['that nobody is', 401, async () => undefined],
    ['by failing late', 500, async () => Promise.reject(new Error('lost'))],
    [
      'by failing at once',
      500,
      () => {
        throw new Error('lost');
      },
    ],
  ])('takes an authenticator that answers %s', async (_, expected, authenticate) => {
    const other = await testServer([RolesController], {}, { authenticate });
    expect((await other.fastify.inject({ url: '/for/till', headers: { authorization: 'Bearer x' } })).statusCode).toBe(expected);
    await other.close();
  });

  it('does not start with a route that says nothing, and names it', async () => {
    await expect(testServer([ForgottenController])).rejects.toThrow('GET /forgotten/secret/{id} says not who may call it');
  });
});

describe('scopes', () => {
  const principal = (role: Role, stores: Principal['stores'], terminal?: string): Principal => ({ tokenId: 't', role, stores, terminal });
  const outcome = (run: () => void): string => {
    try {
      run();
      return 'ok';
    } catch (error) {
      return (error as CodedError).code;
    }
  };

  it.each(roles)('%s sees its own stores only; an administrator sees all', (role) => {
    expect(outcome(() => requireStore(principal(role, ['s1']), 's1'))).toBe('ok');
    expect(outcome(() => requireStore(principal(role, '*'), 's2'))).toBe('ok');
    const other = role === 'administrator' ? 'ok' : 'access.forbidden';
    expect(outcome(() => requireStore(principal(role, ['s1']), 's2'))).toBe(other);
    expect(outcome(() => requireChain(principal(role, ['s1'])))).toBe(other);
    expect(outcome(() => requireChain(principal(role, '*')))).toBe('ok');
  });

  it('a till writes for its own terminal of its own store', () => {
    const till = principal('till', ['s1'], 'k1');
    expect(outcome(() => requireTerminal(till, 's1', 'k1'))).toBe('ok');
    expect(outcome(() => requireTerminal(till, 's1', 'k2'))).toBe('access.wrong-terminal');
    expect(outcome(() => requireTerminal(till, 's2', 'k1'))).toBe('access.wrong-terminal');
    expect(outcome(() => requireTerminal(principal('till', ['s1']), 's1', 'undefined'))).toBe('access.wrong-terminal');
    expect(outcome(() => requireTerminal(principal('operations', ['s1']), 's1', 'any'))).toBe('ok');
    expect(outcome(() => requireTerminal(principal('operations', ['s1']), 's2', 'any'))).toBe('access.forbidden');
  });
});

describe('secrets', () => {
  it('match their own hash only, and never text that is no hash', () => {
    const hash = hashSecret('correct');
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(secretMatches('correct', hash)).toBe(true);
    expect(secretMatches('wrong', hash)).toBe(false);
    expect(secretMatches('correct', '')).toBe(false);
    expect(secretMatches('correct', hash.slice(0, 32))).toBe(false);
  });
});
