import 'reflect-metadata';
import type { DynamicModule, Provider, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Clock } from '@regulars/kernel';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { createZodValidationPipe } from 'nestjs-zod';
import type { Registry } from 'prom-client';
import { installAccess } from '../access/install-access';
import type { Authenticator } from '../access/principal';
import { systemClock } from '../clock/system-clock';
import type { Configuration } from '../configuration/settings';
import { HealthChecks } from '../health/health-checks';
import { HealthController } from '../health/health.controller';
import { componentLogger, type Logger } from '../logging/logger';
import { nestLogger } from '../logging/nest-logger';
import { installRequestMetrics } from '../metrics/http-metrics';
import { MetricsController } from '../metrics/metrics.controller';
import { installDocs } from '../openapi/install-docs';
import { answerError, ProblemFilter } from '../problems/answer-problem';
import { installBodyReaders } from '../requests/read-body';
import { REQUEST_ID_HEADER, requestIdOf } from '../requests/request-id';
import { CLOCK, CONFIGURATION, HEALTH, LOGGER, METRICS_REGISTRY, STOPPING } from '../tokens';
import { answerClientError } from './client-error';
import { PlatformAdapter } from './platform-adapter';
import { RequestsUnderWay } from './requests-under-way';
import { securityHeaders } from './security-headers';
import { installUnknownAddress } from './unknown-address';

/** What a server is made from. */
export interface HttpServerOptions {
  /** Nest modules with the controllers. */
  readonly modules?: readonly (Type | DynamicModule)[];
  /** Controllers that need no module of their own. */
  readonly controllers?: readonly Type[];
  /** Providers that every module may inject, next to `CONFIGURATION`, `LOGGER`, `CLOCK`, `METRICS_REGISTRY`, `HEALTH`, `STOPPING`. */
  readonly providers?: readonly Provider[];
  readonly configuration: Configuration;
  readonly authenticator: Authenticator;
  readonly logger: Logger;
  /** One a runtime; see `createRegistry`. */
  readonly registry: Registry;
  /** Default: none but the server's own. */
  readonly health?: HealthChecks;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Version of the platform, for the API document. */
  readonly version?: string;
}

/** A server that does not listen yet. */
export interface HttpServer {
  readonly app: NestFastifyApplication;
  readonly health: HealthChecks;
  /** Takes the configured address; answers the URL with the real port. Rejects where the port is taken. */
  listen(): Promise<string>;
  /**
   * Not ready → no new connections or requests → requests under way finish, until the configured deadline, after which they are
   * cut → done. Safe to call twice. Installs and needs no signal handlers.
   */
  close(): Promise<void>;
}

class RuntimeModule {}

function fastifyOptions({ http }: Configuration, logger: Logger): FastifyServerOptions & { skipMiddie: boolean } {
  return {
    // No Nest middleware here: hooks do that work, and every request would pay for the layer.
    skipMiddie: true,
    logger: false,
    genReqId: (request) => requestIdOf(request.headers),
    requestIdHeader: false,
    bodyLimit: http.bodyBytesMax,
    return503OnClosing: false,
    keepAliveTimeout: http.keepAliveSeconds * 1_000,
    connectionTimeout: http.idleTimeoutSeconds * 1_000,
    // No limit on a whole request, which may be an hour's stream: heads, JSON bodies and idle connections have their own.
    requestTimeout: 0,
    http: { headersTimeout: http.headersTimeoutSeconds * 1_000, connectionsCheckingInterval: 1_000, maxHeaderSize: 16_384 },
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: false },
    clientErrorHandler: (error, socket) => answerClientError(error, socket),
    // Addresses that cannot be decoded come by here, past all hooks.
    frameworkErrors: (error, request, reply) => {
      void reply.headers(securityHeaders).header(REQUEST_ID_HEADER, request.id);
      answerError(logger, error, request, reply);
    },
  } as FastifyServerOptions & { skipMiddie: boolean };
}

/** Order matters: counted and named first, then access, so that whatever is refused is refused with an id and in the metrics. */
function installEdge(fastify: FastifyInstance, options: HttpServerOptions, logger: Logger): RequestsUnderWay {
  fastify.setErrorHandler((error, request, reply) => answerError(logger, error, request, reply));
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(securityHeaders).header(REQUEST_ID_HEADER, request.id);
    done();
  });
  installUnknownAddress(fastify);
  installRequestMetrics(fastify, options.registry, logger);
  const underWay = new RequestsUnderWay(fastify);
  installAccess(fastify, options.authenticator);
  installBodyReaders(fastify, options.configuration.http);
  return underWay;
}

/** Makes the HTTP edge: limits, access, problems, health, metrics and API documents around the modules given. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { configuration } = options;
  const logger = componentLogger(options.logger, 'http');
  const health = options.health ?? new HealthChecks();
  const adapter = new PlatformAdapter(fastifyOptions(configuration, logger));
  const fastify = adapter.getInstance() as unknown as FastifyInstance;
  const underWay = installEdge(fastify, options, logger);

  const providers: Provider[] = [
    { provide: CONFIGURATION, useValue: configuration },
    { provide: LOGGER, useValue: options.logger },
    { provide: CLOCK, useValue: options.clock ?? systemClock },
    { provide: METRICS_REGISTRY, useValue: options.registry },
    { provide: HEALTH, useValue: health },
    { provide: STOPPING, useValue: underWay.stopping },
    ...(options.providers ?? []),
  ];
  const root: DynamicModule = {
    module: RuntimeModule,
    global: true,
    imports: [...(options.modules ?? [])],
    controllers: [HealthController, MetricsController, ...(options.controllers ?? [])],
    providers,
    exports: providers,
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    bodyParser: false,
    logger: nestLogger(options.logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new ProblemFilter(logger));
  app.useGlobalPipes(new (createZodValidationPipe({ createValidationException: (error) => error as Error }))());
  await installDocs(fastify, app, options.version ?? '0');
  await app.init();
  await fastify.ready();
  fastify.server.maxConnections = configuration.http.connectionsMax;

  const close = async (): Promise<void> => {
    health.drain();
    underWay.stop();
    const deadline = setTimeout(() => {
      logger.warn({ pending: underWay.pending }, 'requests under way are cut at the deadline');
      fastify.server.closeAllConnections();
    }, configuration.shutdown.deadlineSeconds * 1_000);
    await app.close().finally(() => clearTimeout(deadline));
  };
  let closing: Promise<void> | undefined;
  return {
    app,
    health,
    listen: () => fastify.listen({ host: configuration.http.host, port: configuration.http.port }),
    close: () => (closing ??= close()),
  };
}
