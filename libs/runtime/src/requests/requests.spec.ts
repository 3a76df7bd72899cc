import { Controller, Get, Req } from '@nestjs/common';
import type { Causation } from '@regulars/kernel';
import type { FastifyRequest } from 'fastify';
import { Public } from '../access/decorators';
import { type TestServer, testServer } from '../../spec-support/test-server';
import { causationOf, RequestCausation } from './causation';
import { readablePattern } from './route-pattern';

@Controller()
class EchoController {
  @Get('causation')
  @Public()
  causation(@RequestCausation() causation: Causation, @Req() request: FastifyRequest): unknown {
    return { causation, same: JSON.stringify(causation) === JSON.stringify(causationOf(request)) };
  }
}

describe('requests', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer([EchoController]);
  });
  afterAll(() => server.close());
  const get = (headers: Record<string, string>, url = '/causation') => server.fastify.inject({ url, headers });

  it("keep the caller's id", async () => {
    const reply = await get({ 'x-request-id': 'till-7:0001' });
    expect(reply.headers['x-request-id']).toBe('till-7:0001');
    expect(reply.json()).toEqual({ causation: { correlationId: 'till-7:0001', causationId: 'till-7:0001' }, same: true });
  });

  it.each(['', 'with space', 'x'.repeat(129), 'a\u00e9'])('get a new id in place of %p', async (given) => {
    const reply = await get({ 'x-request-id': given });
    expect(reply.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each(['/nowhere', '/%', '/health/live', '/docs'])('have an id in every answer: %s', async (url) => {
    expect((await get({ 'x-request-id': 'mine' }, url)).headers['x-request-id']).toBe('mine');
  });

  it.each([
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', true],
    ['00-00000000000000000000000000000000-00f067aa0ba902b7-01', false],
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01', false],
    ['ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', false],
    ['nonsense', false],
  ])('carry a valid trace: %s', async (traceparent, valid) => {
    expect((await get({ traceparent })).json().causation.traceparent).toBe(valid ? traceparent : undefined);
  });

  it.each([
    ['/v1/things/:id(.+)::redrive', '/v1/things/{id}:redrive'],
    ['/v1/things::batch', '/v1/things:batch'],
    ['/v1/purchases/:store/:terminal/:receipt', '/v1/purchases/{store}/{terminal}/{receipt}'],
  ])('have readable patterns: %s', (pattern, readable) => {
    expect(readablePattern(pattern)).toBe(readable);
  });
});
