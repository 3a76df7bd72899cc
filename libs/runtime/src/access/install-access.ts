import type { FastifyInstance } from 'fastify';
import { problem } from '../problems/problem';
import type { RouteConfig } from '../requests/route-config';
import { readablePattern } from '../requests/route-pattern';
import type { Authenticator, Principal } from './principal';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is calling; absent on public routes. */
    principal?: Principal | undefined;
  }
}

/** RFC 6750 §2.1, bounded. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]{1,512}=*)$/i;

const unauthenticated = () => problem('access.unauthenticated', 'The request carries no valid token.');

/**
 * The one place where access is decided, for every route of the server, Nest's or not: before a byte of the body is read, the
 * token must be valid and its role one that the route allows. A route that says neither `@Allow` nor `@Public` throws when
 * it is registered, so that nothing is open by accident.
 */
export function installAccess(fastify: FastifyInstance, authenticator: Authenticator): void {
  fastify.decorateRequest('principal', undefined);
  fastify.addHook('onRoute', (route) => {
    if ((route.config as RouteConfig | undefined)?.access === undefined) {
      throw new Error(`Route ${String(route.method)} ${readablePattern(route.url)} says not who may call it: add @Allow(...) or @Public()`);
    }
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (request.is404) return done();
    const { access } = request.routeOptions.config as RouteConfig;
    if (access === 'public') return done();
    const decide = (principal: Principal | undefined): void => {
      if (!principal) return done(unauthenticated());
      if (!access?.includes(principal.role)) return done(problem('access.forbidden', `The role ${principal.role} may not do that.`));
      request.principal = principal;
      done();
    };
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return done(unauthenticated());
    // Most authenticators know at once; a request then waits for nothing.
    try {
      const found = authenticator.authenticate(token);
      if (found instanceof Promise) found.then(decide, done);
      else decide(found);
    } catch (error) {
      done(error as Error);
    }
  });
}
