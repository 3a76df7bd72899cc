import type { FastifyInstance } from 'fastify';
import { Histogram, type Registry } from 'prom-client';
import type { Logger } from '../logging/logger';
import { routePattern } from '../requests/route-pattern';

/** Measures every answered request by route pattern, method and status, and logs it without its address or body. */
export function installRequestMetrics(fastify: FastifyInstance, registry: Registry, logger: Logger): void {
  const duration = new Histogram({
    name: 'regulars_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = routePattern(request);
    const { method } = request;
    const status = reply.statusCode;
    duration.observe({ method, route, status }, reply.elapsedTime / 1_000);
    const level = status >= 400 ? 'info' : 'debug';
    if (!logger.isLevelEnabled(level)) return done();
    logger[level]({ requestId: request.id, method, route, status, duration_ms: Math.round(reply.elapsedTime) }, 'request answered');
    done();
  });
}
