import 'reflect-metadata';
import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants';
import type { RouteAccess } from '../access/principal';

/** What our decorators say about a route; Fastify carries it as the route's `config`. */
export interface RouteConfig {
  /** Who may call it. A route without it is refused at start. */
  readonly access?: RouteAccess;
  /** Takes NDJSON as a raw stream, and nothing else. */
  readonly ndjson?: boolean;
}

/** Adds to a route's config without losing what other decorators put there. */
export function routeConfig(config: RouteConfig): MethodDecorator {
  return (_target, _name, descriptor) => {
    const handler = descriptor.value as object;
    const old = (Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler) ?? {}) as RouteConfig;
    Reflect.defineMetadata(FASTIFY_ROUTE_CONFIG_METADATA, { ...old, ...config }, handler);
  };
}

/**
 * The route takes `application/x-ndjson` and nothing else; `@Body()` is the request's raw `Readable`, of which nothing has been
 * read: who reads slowly slows the sender down.
 */
export function NdjsonBody(): MethodDecorator {
  return applyDecorators(
    routeConfig({ ndjson: true }),
    ApiConsumes('application/x-ndjson'),
    ApiBody({ schema: { type: 'string', description: 'One JSON object a line' } }) as MethodDecorator,
  );
}
