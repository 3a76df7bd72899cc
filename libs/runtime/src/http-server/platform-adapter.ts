import { FastifyAdapter } from '@nestjs/platform-fastify';

/**
 * Nest's Fastify adapter with two things of ours.
 *
 * Custom methods (`/v1/things:batch`, `/v1/things/{id}:redrive`): in Fastify's router `::` is a literal colon, but a parameter's name
 * goes on up to the next slash, so `:id::redrive` would be one long name. Given a pattern the parameter ends where the colon
 * begins; the pattern is added here, so that controllers say `:id::redrive` and the API document stays readable.
 *
 * Errors and unknown addresses outside Nest's handlers: Nest would translate Fastify's errors and lose their codes, so its two
 * handlers are left out and the server installs its own.
 */
export class PlatformAdapter extends FastifyAdapter {
  override get(...args: unknown[]) {
    return super.get(...(withCustomMethod(args) as Parameters<FastifyAdapter['get']>));
  }
  override post(...args: unknown[]) {
    return super.post(...(withCustomMethod(args) as Parameters<FastifyAdapter['post']>));
  }
  override put(...args: unknown[]) {
    return super.put(...(withCustomMethod(args) as Parameters<FastifyAdapter['put']>));
  }
  override delete(...args: unknown[]) {
    return super.delete(...(withCustomMethod(args) as Parameters<FastifyAdapter['delete']>));
  }
  override setErrorHandler(): never {
    return undefined as never;
  }
  override setNotFoundHandler(): never {
    return undefined as never;
  }
}

function withCustomMethod(args: unknown[]): unknown[] {
  const [path, ...rest] = args;
  return typeof path === 'string' ? [path.replace(/:(\w+)::/g, ':$1(.+)::'), ...rest] : args;
}
