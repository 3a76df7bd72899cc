import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { Allow } from '../access/decorators';
import { openApiDocument } from '../openapi/open-api-document';
import { type TestServer, testServer } from '../../spec-support/test-server';

@Controller('v1')
class ThingsController {
  @Post('things::batch')
  @Allow('till')
  @HttpCode(200)
  batch(): string {
    return 'batch';
  }
  @Get('things::export')
  @Allow('till')
  exportAll(): string {
    return 'export';
  }
  @Get('things/:id')
  @Allow('till')
  get(@Param('id') id: string): string {
    return `get ${id}`;
  }
  @Post('things/:id::redrive')
  @Allow('till')
  @HttpCode(200)
  redrive(@Param('id') id: string): string {
    return `redrive ${id}`;
  }
  @Post('things/:id::dismiss')
  @Allow('till')
  @HttpCode(200)
  dismiss(@Param('id') id: string): string {
    return `dismiss ${id}`;
  }
}

describe('custom methods after a colon', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer([ThingsController]);
  });
  afterAll(() => server.close());

  const call = async (method: 'GET' | 'POST', url: string) => {
    const reply = await server.fastify.inject({ method, url, headers: { authorization: 'Bearer till' } });
    return reply.statusCode === 200 ? reply.body : `${reply.statusCode} ${reply.headers['allow'] ?? ''}`.trim();
  };

  it.each([
    ['POST', '/v1/things:batch', 'batch'],
    ['GET', '/v1/things:export', 'export'],
    ['GET', '/v1/things/7', 'get 7'],
    ['POST', '/v1/things/7:redrive', 'redrive 7'],
    ['POST', '/v1/things/7:dismiss', 'dismiss 7'],
    ['POST', '/v1/things/a%2Fb:dismiss', 'dismiss a/b'],
    ['POST', '/v1/things/a%3Ab:dismiss', 'dismiss a:b'],
    ['POST', '/v1/things/a:b:dismiss', 'dismiss a:b'],
  ] as const)('%s %s', async (method, url, answer) => {
    expect(await call(method, url)).toBe(answer);
  });

  it('knows no other verb, and no empty id', async () => {
    expect(await call('POST', '/v1/things/7:explode')).toBe('405 GET, HEAD');
    expect(await call('POST', '/v1/things:explode')).toBe('404');
    expect(await call('POST', '/v1/things/:redrive')).toMatch(/^40[45]/);
  });

  it('tells a known address with another method', async () => {
    expect(await call('GET', '/v1/things:batch')).toBe('405 POST');
  });

  it('shows them in the API document as they are called', () => {
    const paths = openApiDocument(server.app).paths;
    expect(
      Object.keys(paths)
        .filter((path) => path.includes('things'))
        .sort(),
    ).toEqual(['/v1/things/{id}', '/v1/things/{id}:dismiss', '/v1/things/{id}:redrive', '/v1/things:batch', '/v1/things:export']);
    expect(paths['/v1/things/{id}:redrive']?.post?.parameters).toEqual([
      { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
    ]);
  });
});
