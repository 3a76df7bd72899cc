import type { FastifyRequest } from 'fastify';

/** A router pattern as people write it: `/v1/things/:id(.+)::redrive` → `/v1/things/{id}:redrive`. */
export function readablePattern(pattern: string): string {
  return pattern
    .replaceAll('::', '\u0000')
    .replace(/:(\w+)(\([^/]*\))?/g, '{$1}')
    .replaceAll('\u0000', ':');
}

/** By router pattern: as many entries as the server has routes. */
const readable = new Map<string, string>();

/** The pattern of the route a request went to, or `unmatched`. Used in logs and metrics in place of the address, which may name a customer. */
export function routePattern(request: FastifyRequest): string {
  const pattern = request.is404 ? undefined : request.routeOptions?.url;
  if (pattern === undefined) return 'unmatched';
  let text = readable.get(pattern);
  if (text === undefined) readable.set(pattern, (text = readablePattern(pattern)));
  return text;
}
