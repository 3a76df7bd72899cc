import type { Type } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { PassThrough } from 'node:stream';
import type { Authenticator, Principal } from '../src/access/principal';
import { loadConfiguration } from '../src/configuration/load-configuration';
import type { ConfigurationInput } from '../src/configuration/settings';
import { createHttpServer, type HttpServer } from '../src/http-server/create-http-server';
import { createLogger } from '../src/logging/logger';
import { createRegistry } from '../src/metrics/registry';

/** For specs of the edge: a server around a few controllers, what it logged, and tokens that are their principals' roles. */
export interface TestServer extends HttpServer {
  readonly fastify: FastifyInstance;
  /** Lines logged so far, parsed. */
  logged(): Record<string, unknown>[];
}

/** Takes the token `<role>` for that role with all stores. */
export const roleAuthenticator: Authenticator = {
  authenticate: (token): Principal | undefined =>
    ['till', 'staff', 'manager', 'operations', 'sre', 'administrator'].includes(token)
      ? { tokenId: `id-${token}`, role: token as Principal['role'], stores: '*' }
      : undefined,
};

/** Starts one; close it after the spec. */
export async function testServer(
  controllers: readonly Type[],
  overrides: ConfigurationInput = {},
  authenticator: Authenticator = roleAuthenticator,
): Promise<TestServer> {
  const lines: string[] = [];
  const destination = new PassThrough();
  destination.on('data', (chunk: Buffer) => lines.push(...chunk.toString('utf8').trim().split('\n')));
  const server = await createHttpServer({
    controllers,
    configuration: loadConfiguration({ overrides: { ...overrides, http: { port: 0, ...overrides.http } } }),
    authenticator,
    logger: createLogger({ level: 'debug', destination }),
    registry: createRegistry({ processMetrics: false }),
    version: '1.2.3',
  });
  return {
    ...server,
    fastify: server.app.getHttpAdapter().getInstance() as unknown as FastifyInstance,
    logged: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
