import { Body, Controller, Post } from '@nestjs/common';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { Allow } from '../access/decorators';
import { NdjsonBody } from '../requests/route-config';
import { type TestServer, testServer } from '../../spec-support/test-server';

class Thing extends createZodDto(z.strictObject({ name: z.string().max(5), size: z.int().nullable() })) {}

@Controller('v1')
class ThingsController {
  @Post('things')
  @Allow('till', 'manager')
  add(@Body() _thing: Thing): string {
    return 'ok';
  }
  @Post('things::stream')
  @NdjsonBody()
  @Allow('till')
  stream(): string {
    return 'ok';
  }
}

describe('API document', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer([ThingsController]);
  });
  afterAll(() => server.close());

  it('says what every operation takes, for whom, and that it may answer a problem', async () => {
    const document = (await server.fastify.inject('/openapi.json')).json();
    expect(document.openapi).toBe('3.1.0');
    expect(document.info.version).toBe('1.2.3');
    expect(document.components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' });
    expect(document.components.schemas.Thing).toMatchObject({
      additionalProperties: false,
      properties: { name: { type: 'string', maxLength: 5 }, size: { anyOf: [{ type: 'integer' }, { type: 'null' }] } },
      required: ['name', 'size'],
    });
    const add = document.paths['/v1/things'].post;
    expect(add.security).toEqual([{ bearer: [] }]);
    expect(add['x-roles']).toEqual(['till', 'manager', 'administrator']);
    expect(add.responses.default.content['application/problem+json'].schema).toEqual({ $ref: '#/components/schemas/Problem' });
    expect(document.components.schemas.Problem.required).toContain('requestId');
    expect(Object.keys(document.paths['/v1/things:stream'].post.requestBody.content)).toEqual(['application/x-ndjson']);
    expect(document.paths['/health/live'].get.security).toBeUndefined();
  });

  it('has a readable page that loads everything from here', async () => {
    const page = await server.fastify.inject('/docs');
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
    const links = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] as string);
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      expect(link).toMatch(/^\/docs\//);
      expect((await server.fastify.inject(link)).statusCode).toBe(200);
    }
  });

  it.each(['/docs/package.json', '/docs/..%2fpackage.json', '/docs/swagger-ui-bundle.js.map'])('serves no other file: %s', async (url) => {
    expect((await server.fastify.inject(url)).statusCode).toBe(404);
  });
});
