import { type TestServer, testServer } from '../../spec-support/test-server';
import { HealthChecks } from './health-checks';

describe('health', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await testServer([]);
  });
  afterEach(() => server.close());
  const get = (url: string) => server.fastify.inject(url);

  it('lives and is ready, without a token', async () => {
    server.health.register('event-store', () => ({ ok: true }));
    expect((await get('/health/live')).json()).toEqual({ status: 'live' });
    const ready = await get('/health/ready');
    expect([ready.statusCode, ready.json()]).toEqual([200, { status: 'ready', checks: { 'event-store': 'ok' } }]);
  });

  it('is not ready while a check is not fine, and says which', async () => {
    server.health.register('event-store', () => ({ ok: true }));
    server.health.register('disk', async () => ({ ok: false, reason: 'full' }));
    const remove = server.health.register('broken', () => {
      throw new Error('at 10.0.0.1');
    });
    const reply = await get('/health/ready');
    expect(reply.statusCode).toBe(503);
    expect(reply.headers['content-type']).toContain('application/problem+json');
    expect(reply.json()).toMatchObject({
      code: 'platform.not-ready',
      detail: 'disk: full; broken: the check itself failed',
      checks: { 'event-store': 'ok', disk: 'full', broken: 'the check itself failed' },
    });
    remove();
    expect((await get('/health/ready')).json().checks).toEqual({ 'event-store': 'ok', disk: 'full' });
    expect((await get('/health/live')).statusCode).toBe(200);
  });

  it('is not ready once it drains, however fine the checks are', async () => {
    server.health.drain();
    expect((await get('/health/ready')).json()).toMatchObject({ status: 503, checks: { shutdown: 'shutting down' } });
  });

  it('waits for a check that hangs for a bounded time', async () => {
    jest.useFakeTimers();
    try {
      const health = new HealthChecks();
      health.register('hangs', () => new Promise(() => undefined));
      const readiness = health.readiness();
      await jest.advanceTimersByTimeAsync(2_000);
      expect(await readiness).toEqual({ ready: false, checks: { hangs: 'no answer within 2000 ms' } });
    } finally {
      jest.useRealTimers();
    }
  });

  it('takes each name once', () => {
    const health = new HealthChecks();
    health.register('a', () => ({ ok: true }));
    expect(() => health.register('a', () => ({ ok: true }))).toThrow('"a"');
  });
});
