import { createServer } from 'node:http';
import { once } from 'node:events';
import { StoreUnavailable } from '@regulars/ports';
import { ServiceUnderTest } from '../../spec-support/service-under-test';

let service: ServiceUnderTest;
beforeEach(() => {
  service = new ServiceUnderTest();
});
afterEach(() => service.running?.close());

/** A promise to be settled by the spec. */
function gate() {
  let open: () => void = () => undefined;
  const wait = new Promise<void>((resolve) => (open = resolve));
  return { wait, open: () => open() };
}

const portIsFree = async (url: string): Promise<boolean> => {
  const server = createServer().listen(Number(new URL(url).port), '127.0.0.1');
  const free = await Promise.race([once(server, 'listening').then(() => true), once(server, 'error').then(() => false)]);
  server.close();
  return free;
};

describe('a service that waits for its servers', () => {
  it('lives, is not ready, and says what it waits for and when to come back', async () => {
    const shut = gate();
    service.bus.gate = shut.wait;
    await service.start();
    expect(await service.get('/health/live')).toMatchObject({ status: 200, body: { status: 'live' } });
    const ready = await service.get('/health/ready');
    expect(ready).toMatchObject({ status: 503, body: { code: 'platform.not-ready', checks: { Kafka: 'not asked yet' } } });
    expect(ready.headers.get('content-type')).toContain('application/problem+json');
    const other = await service.get('/v1/greeting');
    expect(other.status).toBe(503);
    expect(other.headers.get('retry-after')).toBe('5');
    expect(other.body['detail']).toContain('Kafka');
    shut.open();
    await service.running.started;
  });

  it('tries again for as long as it takes, tells faults in public words and logs them without secrets', async () => {
    service.environment['REGULARS_MONGODB_URL'] = 'mongodb://user:pass%40word@db:1';
    const unreachable = new StoreUnavailable('no server at mongodb://user:pass%40word@db:1');
    service.store.failures = Array.from({ length: 6 }, () => unreachable);
    const shut = gate();
    service.bus.failures = [new Error('topic purchase.events.v1 is missing')];
    const opened = jest.spyOn(service.store, 'open');
    opened.mockImplementationOnce(async () => {
      await shut.wait;
      throw unreachable;
    });
    await service.start();
    while (service.bus.opened === 0) await new Promise(setImmediate);
    shut.open();
    await service.running.started;
    expect(opened).toHaveBeenCalledTimes(8);
    const lines = service.logged.map((line) => JSON.parse(line) as Record<string, unknown>);
    const waits = lines.filter(({ waits_for: name }) => name === 'MongoDB');
    expect(waits.map(({ next_attempt_ms: ms }) => ms)).toEqual([1, 2, 4, 4, 4, 4, 4]);
    expect(lines).toContainEqual(expect.objectContaining({ waits_for: 'Kafka', cause: 'Error: topic purchase.events.v1 is missing' }));
    expect(service.logged.join()).not.toMatch(/pass|user/);
  });

  it('tells the public that a server is not as it must be, and nothing of what the server said', async () => {
    service.bus.failures = [new Error('topic secret-topic is missing')];
    await service.start({ pace: { pauseMsMin: 60_000, pauseMsMax: 60_000 } });
    const answer = async () => (await service.get('/health/ready')).body['checks'];
    while (JSON.stringify(await answer()).includes('not asked')) await new Promise(setImmediate);
    expect(await answer()).toEqual({ Kafka: 'is not as it must be yet, see the log; it is tried again' });
  });

  it('closes a connection that came after its time, and takes a later one', async () => {
    const shut = gate();
    service.bus.gate = shut.wait;
    await service.start({ pace: { attemptMsMax: 5, pauseMsMin: 1, pauseMsMax: 1 } });
    while (!service.logged.some((line) => line.includes('No answer within'))) await new Promise(setImmediate);
    shut.open();
    await service.running.started;
    expect(service.bus.opened).toBeGreaterThan(1);
    expect(service.told.filter((told) => told === 'Kafka closed')).toHaveLength(service.bus.opened - 1);
  });

  it('closes what a failed composition opened, and composes again', async () => {
    service.composeFailures = [new StoreUnavailable('away again')];
    await service.start();
    await service.running.started;
    expect(service.told).toEqual(['handlers closed', 'projections closed', 'relay closed', 'consuming']);
    expect((await service.get('/v1/greeting')).status).toBe(200);
  });

  it('ends, with everything closed, over a fault that waiting cannot mend', async () => {
    const damaged = Object.assign(new Error('the log is damaged'), { name: 'LogDamaged' });
    service.store.failures = [damaged];
    const url = await service.start();
    await expect(service.running.started).rejects.toBe(damaged);
    expect(service.told).toEqual(service.bus.opened === 1 ? ['Kafka closed'] : []);
    expect(await portIsFree(url)).toBe(true);
  });

  it('can be stopped while it waits', async () => {
    service.bus.gate = new Promise(() => undefined);
    const url = await service.start();
    while (service.store.opened === 0) await new Promise(setImmediate);
    await service.running.close();
    await expect(service.running.started).rejects.toThrow('Stopped while waiting');
    expect(service.told).toEqual(['MongoDB closed']);
    expect(await portIsFree(url)).toBe(true);
  });

  it('does not start where its port is taken', async () => {
    const url = await service.start();
    const other = new ServiceUnderTest();
    other.environment['REGULARS_HTTP_PORT'] = new URL(url).port;
    await expect(other.start()).rejects.toThrow('EADDRINUSE');
  });
});

describe('a service that has started', () => {
  beforeEach(async () => {
    await service.start();
    await service.running.started;
  });

  it('answers for itself at the same address, with operations and metrics', async () => {
    expect(await service.get('/v1/greeting')).toMatchObject({ status: 200, body: { greeting: 'hello' } });
    expect(await service.get('/health/ready')).toMatchObject({ status: 200, body: { checks: { Kafka: 'ok', MongoDB: 'ok' } } });
    const { body } = await service.get('/v1/status');
    expect(body).toMatchObject({ chain: 'main', service: 'greeter', version: '1', greeted: 3, replays: [], deadLetters: 0 });
    expect((await service.get('/metrics')).body).toContain('greetings 3');
    expect((await service.get('/v1/replays')).body).toEqual({ items: [] });
  });

  it('is ready only while its servers are', async () => {
    service.bus.state = { ok: false, reason: 'no broker answers' };
    expect(await service.get('/health/ready')).toMatchObject({ status: 503, body: { checks: { Kafka: 'no broker answers' } } });
    expect((await service.get('/v1/greeting')).status).toBe(200);
    service.bus.state = { ok: true };
    expect((await service.get('/health/ready')).status).toBe(200);
  });

  it('stops in order, stores last, once', async () => {
    await Promise.all([service.running.close(), service.running.close()]);
    expect(service.told.slice(0, 4)).toEqual(['consuming', 'handlers closed', 'projections closed', 'relay closed']);
    expect(service.told.slice(4).sort()).toEqual(['Kafka closed', 'MongoDB closed']);
    await expect(service.get('/health/live')).rejects.toThrow();
  });
});
