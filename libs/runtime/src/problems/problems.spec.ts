import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { CodedError, type ErrorCodeName, errorCodes, refused } from '@regulars/kernel';
import { StoreUnavailable } from '@regulars/ports';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { Public } from '../access/decorators';
import { NdjsonBody } from '../requests/route-config';
import { type TestServer, testServer } from '../../spec-support/test-server';
import { codedProblem, orProblem, problem } from './problem';
import { fieldErrors } from './schema-errors';

class Order extends createZodDto(z.strictObject({ sku: z.string(), lines: z.array(z.object({ quantity: z.number() })).optional() })) {}

@Controller('problems')
class ProblemsController {
  @Post('order')
  @HttpCode(200)
  @Public()
  order(@Body() body: Order): Order {
    return body;
  }
  @Post('anything')
  @HttpCode(200)
  @Public()
  anything(@Body() body: unknown): unknown {
    return { got: body === undefined ? 'nothing' : body };
  }
  @Post('stream')
  @NdjsonBody()
  @Public()
  stream(): string {
    return 'ok';
  }
  @Get('coded')
  @Public()
  coded(): never {
    throw problem('return.exceeds', 'One too many.', { quarantineId: 'q1', status: 200 });
  }
  @Get('refused')
  @Public()
  refused(): string {
    return orProblem<string>(refused('store.conflict', 'Other facts.', { field: 'region' }));
  }
  @Get('unavailable')
  @Public()
  unavailable(): never {
    throw new StoreUnavailable('ENOSPC /secret/path');
  }
  @Get('fault')
  @Public()
  fault(): never {
    throw new TypeError('customer 4711 is undefined');
  }
  @Get('not-even-an-error')
  @Public()
  notAnError(): never {
    throw undefined;
  }
}

describe('problems', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer([ProblemsController], { http: { bodyBytesMax: 2_000, jsonDepthMax: 8 } });
  });
  afterAll(() => server.close());

  const post = (path: string, payload: string | Buffer, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    server.fastify.inject({ method: 'POST', url: `/problems/${path}`, payload, headers });

  const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

  it.each<[string, string | Buffer, ErrorCodeName]>([
    ['text that is no JSON', '{"sku":', 'request.malformed'],
    ['a second value', '{} {}', 'request.malformed'],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 'request.malformed'],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'request.malformed'],
    ['the same key twice', '{"a":1,"a":2}', 'request.malformed'],
    ['the same key twice, once escaped', '{"a":1,"\\u0061":2}', 'request.malformed'],
    ['the same key twice, deep inside', '{"x":[{"b":{"a":1,"c":"}","a":2}}]}', 'request.malformed'],
    ['__proto__', '{"__proto__":{"admin":true}}', 'request.malformed'],
    ['__proto__, escaped', '{"\\u005f_proto__":{"admin":true}}', 'request.malformed'],
    ['constructor', '{"constructor":{"prototype":{}}}', 'request.malformed'],
    ['too many levels', deep(9), 'request.malformed'],
    ['far too many levels', '['.repeat(1_900), 'request.malformed'],
    ['too many bytes', `"${'x'.repeat(2_000)}"`, 'request.too-large'],
  ])('refuses %s', async (_, payload, code) => {
    const reply = await post('anything', payload);
    expect(reply.json()).toMatchObject({ code, status: errorCodes[code].status });
    expect(reply.statusCode).toBe(errorCodes[code].status);
  });

  it.each([
    ['the same key in different objects', '[{"a":1},{"a":1}]', [{ a: 1 }, { a: 1 }]],
    ['keys as values', '{"a":"a","b":"__proto__"}', { a: 'a', b: '__proto__' }],
    ['quotes and backslashes', '{"a":"\\\\","b":"\\"a\\":","c":"{["}', { a: '\\', b: '"a":', c: '{[' }],
    ['as many levels as allowed', deep(8), JSON.parse(deep(8))],
    ['a byte order mark', '\ufeff{"a":1}', { a: 1 }],
  ])('takes %s', async (_, payload, got) => {
    expect((await post('anything', payload)).json()).toEqual({ got });
  });

  it('takes an empty body as none', async () => {
    expect((await post('anything', '')).json()).toEqual({ got: 'nothing' });
    expect((await post('order', '')).statusCode).toBe(422);
  });

  it.each([
    ['anything', { 'content-type': 'text/plain' }],
    ['anything', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['anything', { 'content-type': 'nonsense' }],
    ['anything', { 'content-type': 'application/x-ndjson' }],
    ['anything', { 'content-type': 'application/json; charset=latin1' }],
    ['anything', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
    ['stream', { 'content-type': 'application/json' }],
  ])('answers 415: %s %p', async (path, headers) => {
    expect((await post(path, '{}', headers)).json()).toMatchObject({ code: 'request.unsupported-media-type', status: 415 });
  });

  it('names the fields that do not match, and shows no values', async () => {
    const reply = await post('order', '{"sku":4711,"lines":[{"quantity":1},{"quantity":"hidden"}]}');
    expect(reply.statusCode).toBe(422);
    expect(reply.json().errors).toEqual([
      { path: 'sku', message: expect.stringContaining('expected string') },
      { path: 'lines[1].quantity', message: expect.stringContaining('expected number') },
    ]);
    expect(reply.body).not.toMatch(/4711|hidden/);
  });

  it('answers 404 and 405', async () => {
    expect((await server.fastify.inject('/nowhere?customer=4711')).json()).toMatchObject({ code: 'request.not-found', status: 404 });
    const reply = await server.fastify.inject({ method: 'DELETE', url: '/problems/order' });
    expect(reply.json()).toMatchObject({ code: 'request.method-not-allowed', status: 405 });
    expect(reply.headers.allow).toBe('POST');
  });

  it.each(['/%', '/problems/%ff', `/problems/${'x'.repeat(5_000)}`, '//', '/problems/%00'])('answers 4xx to %s', async (url) => {
    const reply = await server.fastify.inject({ url });
    expect(reply.statusCode).toBeGreaterThanOrEqual(400);
    expect(reply.statusCode).toBeLessThan(500);
    expect(reply.headers['content-type']).toContain('application/problem+json');
    expect(reply.json().code).toMatch(/^request\./);
  });

  it('tells coded errors and refusals with their facts, which replace nothing', async () => {
    const coded = await server.fastify.inject('/problems/coded');
    expect(coded.statusCode).toBe(422);
    expect(coded.json()).toEqual({
      type: 'urn:regulars:error:return.exceeds',
      title: errorCodes['return.exceeds'].title,
      status: 422,
      code: 'return.exceeds',
      detail: 'One too many.',
      instance: `urn:regulars:request:${coded.headers['x-request-id']}`,
      requestId: coded.headers['x-request-id'],
      quarantineId: 'q1',
    });
    expect((await server.fastify.inject('/problems/refused')).json()).toMatchObject({
      code: 'store.conflict',
      status: 409,
      field: 'region',
    });
  });

  it('tells nothing of what went wrong inside, and logs it under the request id', async () => {
    const reply = await server.fastify.inject({ url: '/problems/fault', headers: { 'x-request-id': 'find-me' } });
    expect(reply.statusCode).toBe(500);
    expect(reply.json()).toMatchObject({ code: 'platform.fault', requestId: 'find-me' });
    expect(reply.body).not.toMatch(/4711|TypeError|\.ts/);
    expect(server.logged()).toContainEqual(
      expect.objectContaining({
        level: 'error',
        requestId: 'find-me',
        route: '/problems/fault',
        err: expect.objectContaining({ type: 'TypeError' }),
      }),
    );
    const unavailable = await server.fastify.inject('/problems/unavailable');
    expect(unavailable.json()).toMatchObject({ code: 'store.unavailable', status: 503 });
    expect(unavailable.headers['retry-after']).toBe('5');
    expect(unavailable.body).not.toContain('secret');
    expect((await server.fastify.inject('/problems/not-even-an-error')).statusCode).toBe(500);
  });

  it('has a status and a title for every code', () => {
    for (const code of Object.keys(errorCodes) as ErrorCodeName[]) {
      const body = codedProblem(code, 'why', 'r1');
      expect(body).toMatchObject({ code, status: errorCodes[code].status, title: errorCodes[code].title });
    }
    expect(new CodedError('store.unknown', 'x').facts).toBeUndefined();
  });

  it('tells the alternative of a union that came closest', () => {
    const either = z.union([z.strictObject({ a: z.string(), b: z.string(), c: z.string() }), z.strictObject({ d: z.number() })]);
    const result = either.safeParse({ a: 'x', b: 'y', c: 1 });
    expect(result.success ? [] : fieldErrors(result.error)).toEqual([{ path: 'c', message: expect.stringContaining('expected string') }]);
  });
});
