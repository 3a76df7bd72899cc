import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Causation } from '@regulars/kernel';
import type { FastifyRequest } from 'fastify';

/** W3C Trace Context §3.2: version 00; an all-zero trace or parent id is not valid. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** What every event that follows from a request carries: the request's id, and the caller's trace where it is valid. */
export function causationOf(request: Pick<FastifyRequest, 'id' | 'headers'>): Causation {
  const traceparent = request.headers['traceparent'];
  return {
    correlationId: request.id,
    causationId: request.id,
    ...(typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? { traceparent } : {}),
  };
}

/** Parameter decorator: the request's causation. */
export const RequestCausation = createParamDecorator((_: unknown, context: ExecutionContext): Causation =>
  causationOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
