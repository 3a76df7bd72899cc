import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { errorCodes } from '@regulars/kernel';
import { ChainUnderTest } from '../support/chain-under-test';
import { BAD_TIMES, HOSTILE_IDS, MARK, NOT_JSON, NOT_MEANT } from '../support/hostile-input';
import type { Answer, Result, Send } from '../support/http-client';
import { PlatformProcess, testFolder } from '../support/platform-process';
import { operations, type Operation } from '../support/routes';

const JSON_TYPE = { 'content-type': 'application/json' };
const good = (receipt: string) => ({
  store: 'berlin',
  terminal: '1',
  receipt,
  occurredAt: '2024-03-01T10:00:00+01:00',
  customer: 'c-1',
  lines: [{ sku: 'a', quantity: 1, unitPrice: 100 }],
});

/** Whatever a caller sends: a problem with a known code, and nothing of what was sent in it. */
function expectProblem(answer: Answer, what: string): void {
  const found = { what, status: answer.status, type: answer.type.split(';')[0], text: answer.text.slice(0, 300) };
  const { code } = (answer.body ?? {}) as { code?: string };
  expect({ ...found, ok: answer.status >= 400 && answer.status < 500 }).toMatchObject({ ok: true, type: 'application/problem+json' });
  expect(Object.keys(errorCodes)).toContain(code);
  expect(answer.text).not.toContain(MARK);
}

describe('bad input', () => {
  const folder = testFolder();
  let platform: PlatformProcess;
  let routes: readonly Operation[];
  let sent = 0;

  beforeAll(async () => {
    platform = await PlatformProcess.start(folder.path);
    await new ChainUnderTest(1).registerStores(platform);
    routes = operations(await platform.http.get('/openapi.json'));
  }, 60_000);
  afterAll(async () => {
    await platform.kill();
    folder.remove();
  });
  afterEach(async () => {
    // It is up, takes what is right, and says nothing of what it was sent.
    expect((await platform.http.post('/v1/purchases', good(`after-${sent++}`))).status).toBe(201);
    expect(platform.output()).not.toContain(MARK);
    expect(platform.output()).not.toMatch(/"level":(50|60)|\n\s+at /);
  });

  const bodies = () => routes.filter(({ mediaType }) => mediaType === 'application/json');
  const path = ({ template }: Operation, id = 'some-id') => template.replace(/\{\w+\}/g, id);
  const send = (route: Operation, request: Omit<Send, 'method'>, id?: string) =>
    platform.http.send(path(route, id), { method: route.method, ...request });

  it('knows the routes', () => {
    expect(routes.length).toBeGreaterThan(30);
    expect(bodies().length).toBeGreaterThan(10);
  });

  it.each(NOT_JSON)('that is no JSON (%s) is a problem on every route', async (name, body) => {
    for (const route of bodies()) expectProblem(await send(route, { body, headers: JSON_TYPE }), `${route.id} ${name}`);
  });

  it.each(NOT_MEANT)('that is JSON but not meant (%s) is a problem on every route', async (name, value) => {
    for (const route of bodies()) {
      const answer = await send(route, { body: JSON.stringify(value), headers: JSON_TYPE });
      // An empty array is an empty batch; every item of another one has a result of its own.
      if (route.template.endsWith(':batch') && answer.status === 200) expect(answer.body).toMatchObject({ summary: { accepted: 0 } });
      else expectProblem(answer, `${route.id} ${name}`);
    }
  });

  it('of another type, compressed, in another charset or without a body is a problem on every route', async () => {
    const body = JSON.stringify({ [MARK]: 1 });
    for (const route of bodies()) {
      const optional = route.optionalBody ? [] : [{ headers: JSON_TYPE }, { headers: {} }];
      const requests: Omit<Send, 'method'>[] = [
        ...optional,
        { body, headers: { 'content-type': 'text/plain' } },
        { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
        { body, headers: { 'content-type': 'application/x-ndjson' } },
        { body, headers: { 'content-type': 'application/json; charset=utf-16' } },
        { body: gzipSync(body), headers: { ...JSON_TYPE, 'content-encoding': 'gzip' } },
        { body: gzipSync(body), headers: JSON_TYPE },
      ];
      for (const request of requests) expectProblem(await send(route, request), `${route.id} ${JSON.stringify(request.headers)}`);
    }
  });

  it('of 17 MB is refused on every route', async () => {
    const body = Buffer.alloc(17 * 1024 * 1024, 0x20);
    for (const route of bodies()) {
      const answer = await send(route, { body, headers: { ...JSON_TYPE, 'content-length': String(body.length) } }).catch(() => undefined);
      // The platform may close the connection before all has arrived.
      if (answer) expect([route.id, answer.status]).toEqual([route.id, 413]);
    }
  });

  it('as a path parameter is a problem on every route, or nothing is found', async () => {
    for (const route of routes.filter(({ template }) => template.includes('{'))) {
      for (const id of HOSTILE_IDS) {
        const body = route.mediaType && !route.optionalBody ? '{}' : undefined;
        const answer = await send(route, { ...(body ? { body, headers: JSON_TYPE } : {}) }, id);
        expectProblem(answer, `${route.id} ${id.slice(0, 40)}`);
      }
    }
  });

  it('as a query is a problem on every route that reads', async () => {
    const values = [
      `unheardOf=${MARK}`,
      'limit=-1',
      'limit=1e9',
      'limit=x',
      `cursor=${MARK}`,
      `asOf=2024-02-30`,
      `asOf=${MARK}`,
      `window=${MARK}`,
    ];
    const more = [
      `scope=${MARK}`,
      'scope=store:',
      `count=${MARK}`,
      `format=${MARK}`,
      `status=${MARK}`,
      `from=${MARK}`,
      'window=0m',
      'window=2024-03-02..2024-03-01',
    ];
    const odd = [
      'asOf=2024-01-01&asOf=2024-01-02',
      'asOf[$gt]=',
      '__proto__[a]=1',
      `store=${MARK.repeat(50)}`,
      '%',
      '%zz=1',
      'window=99999m',
    ];
    for (const route of routes.filter(({ method, query }) => method === 'GET' && query.length > 0)) {
      for (const value of [...values, ...more, ...odd]) {
        const answer = await platform.http.send(`${path(route)}?${value}`);
        const told = `${route.id}?${value.slice(0, 60)} ${answer.status} ${answer.text.slice(0, 200)}`;
        expect([told, answer.status < 500]).toEqual([told, true]);
        if (answer.status >= 400) expectProblem(answer, told);
        const name = value.split(/[=[]/)[0] as string;
        if (!route.query.includes(name) && !name.startsWith('%')) expect([told, answer.status >= 400]).toEqual([told, true]);
      }
    }
  });

  it('at an address or with a method that there is not is a problem', async () => {
    for (const address of [
      '/',
      '/v1',
      `/v1/${MARK}`,
      '/v1/purchases:',
      '//',
      '/v1/../v1/status',
      '/%2e%2e/',
      `/${'a/'.repeat(3_000)}`,
      '/docs/../package.json',
    ]) {
      for (const method of ['GET', 'POST', 'DELETE', 'PATCH', 'PUT'])
        expectProblem(await platform.http.send(address, { method }), `${method} ${address.slice(0, 50)}`);
    }
    for (const { template, id } of routes)
      expectProblem(await platform.http.send(template.replace(/\{\w+\}/g, 'x'), { method: 'DELETE' }), `DELETE ${id}`);
  });

  describe('in an item', () => {
    const line = { sku: 'a', quantity: 1, unitPrice: 100 };
    const wrong: readonly (readonly [string, object])[] = [
      ...BAD_TIMES.map((occurredAt): [string, object] => [`time ${occurredAt}`, { occurredAt }]),
      ['a store nobody knows', { store: MARK }],
      ['no lines', { lines: [] }],
      ['1,001 lines', { lines: Array.from({ length: 1_001 }, () => line) }],
      ['a quantity of zero', { lines: [{ ...line, quantity: 0 }] }],
      ['a negative quantity', { lines: [{ ...line, quantity: -1 }] }],
      ['a quantity with four decimals', { lines: [{ ...line, quantity: 0.0001 }] }],
      ['a quantity as text', { lines: [{ ...line, quantity: '1' }] }],
      ['a price with a fraction', { lines: [{ ...line, unitPrice: 1.5 }] }],
      ['a negative price', { lines: [{ ...line, unitPrice: -1 }] }],
      ['a price beyond all bounds', { lines: [{ ...line, unitPrice: 1e21 }] }],
      ['a price as text with an exponent', { lines: [{ ...line, unitPrice: '1e3' }] }],
      ['a price as text with a comma', { lines: [{ ...line, unitPrice: '1,5' }] }],
      ['a price as infinite text', { lines: [{ ...line, unitPrice: 'Infinity' }] }],
      ['a discount above the price', { lines: [{ ...line, discount: 101 }] }],
      ['a negative net', { lines: [{ ...line, net: -1 }] }],
      ['a customer with a line break', { customer: `${MARK}\n` }],
      ['a customer with an operator', { customer: { $gt: '' } }],
      ['a customer of 65 characters', { customer: 'x'.repeat(65) }],
      ['an empty receipt number', { receipt: '' }],
      ['a receipt number that is a number', { receipt: 17 }],
      ['a negative sequence', { sequence: -1 }],
      ['another currency', { currency: 'USD' }],
      ['a currency in small letters', { currency: 'eur' }],
      ['an unknown field', { unheardOf: MARK }],
      ['an unknown kind', { kind: MARK }],
      ['a time in the future', { occurredAt: '2999-01-01T00:00:00Z' }],
      ['lines as an object', { lines: { 0: line } }],
    ];

    it('each gets its own result in a batch and a stream, and its neighbours are taken', async () => {
      for (const [road, deliver] of [
        ['batch', batch],
        ['stream', stream],
      ] as const) {
        const items = wrong.flatMap(([, change], n) => [good(`${road}-${n}`), { ...good(`${road}-bad-${n}`), ...change }]);
        const results = await deliver(items);
        results.forEach(({ index, outcome, code }, place) => {
          const name = `${road}: ${wrong[place >> 1]?.[0]}`;
          expect([name, index, outcome]).toEqual([name, place, place % 2 === 0 ? 'accepted' : 'quarantined']);
          if (outcome === 'quarantined') expect(Object.keys(errorCodes)).toContain(code);
        });
        expect(results.length).toBe(items.length);
        expect(JSON.stringify(results)).not.toContain(MARK);
      }
    });

    it('each is a problem on its own, with an entry in quarantine', async () => {
      for (const [n, [name, change]] of wrong.entries()) {
        const answer = await platform.http.post<{ quarantineId?: string }>('/v1/purchases', { ...good(`one-${n}`), ...change });
        expectProblem(answer, name);
        expect([name, typeof answer.body.quarantineId]).toEqual([name, 'string']);
      }
    });

    it('hours that the clocks skip or repeat are moments all the same, since they carry their offset', async () => {
      const times = [
        '2024-03-31T02:30:00+01:00',
        '2024-10-27T02:30:00+02:00',
        '2024-10-27T02:30:00+01:00',
        '2024-02-29T23:59:59.999-05:00',
      ];
      const results = await batch(times.map((occurredAt, n) => ({ ...good(`dst-${n}`), occurredAt })));
      expect(results.map(({ outcome }) => outcome)).toEqual(times.map(() => 'accepted'));
    });

    async function batch(items: readonly object[]): Promise<readonly Result[]> {
      const { body } = await platform.http.post<{ results: readonly Result[] }>('/v1/purchases:batch', items);
      return body.results;
    }
    async function stream(items: readonly object[]): Promise<readonly Result[]> {
      return (await platform.http.stream(items.map((item) => Buffer.from(`${JSON.stringify(item)}\n`)))).results;
    }
  });

  it('of every kind between good lines of a stream is quarantined line by line', async () => {
    const bad = NOT_JSON.map(([, body]) => Buffer.from(body)).filter((line) => line.toString('latin1').trim() !== '');
    const pieces = bad.flatMap((line, n) => [Buffer.from(`${JSON.stringify(good(`line-${n}`))}\n`), line, Buffer.from('\n')]);
    const { results, status, problem } = await platform.http.stream(pieces);
    expect([status, problem, results.length]).toEqual([200, undefined, bad.length * 2]);
    expect(results.filter((_, place) => place % 2 === 0).map(({ outcome }) => outcome)).toEqual(bad.map(() => 'accepted'));
    expect(results.filter((_, place) => place % 2 === 1).map(({ outcome }) => outcome)).toEqual(bad.map(() => 'quarantined'));
  });

  it('by the 100 MB does not fill the memory', async () => {
    const before = residentBytes(platform.pid);
    const garbage = Buffer.alloc(1 << 20, 0x78);
    let most = before;
    const pieces = function* (): Generator<Buffer> {
      for (let megabyte = 0; megabyte < 100; megabyte++) {
        if (megabyte % 10 === 0) yield Buffer.from(`${JSON.stringify(good(`flood-${megabyte}`))}\n`);
        // Half of it as one endless line each 25 MB, the rest as lines of 64 KB.
        for (let at = 0; at < 1 << 20; at += 1 << 16) {
          yield garbage.subarray(at, at + (1 << 16));
          if (megabyte % 50 >= 25) yield Buffer.from('\n');
        }
        if (megabyte % 50 === 24) yield Buffer.from('\n');
        most = Math.max(most, residentBytes(platform.pid));
      }
    };
    const { results, problem } = await platform.http.stream(pieces());
    expect(problem).toBeUndefined();
    expect(results.filter(({ outcome }) => outcome === 'accepted').length).toBeGreaterThan(0);
    expect(results.filter(({ outcome }) => outcome === 'quarantined').length).toBeGreaterThan(800);
    expect((most - before) / (1 << 20)).toBeLessThan(300);
  }, 120_000);

  it('leaves received = accepted + duplicate + quarantined', async () => {
    const { total } = await platform.http.get<{ total: Record<string, number> }>('/v1/intake/report');
    expect(total.received).toBe((total.accepted ?? 0) + (total.duplicate ?? 0) + (total.quarantined ?? 0));
    const { quarantineOpen, intake } = await platform.http.get<{ quarantineOpen: number; intake: Record<string, number> }>('/v1/status');
    expect(quarantineOpen).toBeGreaterThan(0);
    expect(intake).toEqual(total);
  });
});

/** Memory of a process, from the kernel. */
function residentBytes(pid: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? 0) * 1_024;
}
