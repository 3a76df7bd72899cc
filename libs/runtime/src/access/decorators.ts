import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { routeConfig } from '../requests/route-config';
import type { Principal, Role } from './principal';

/** The route is for these roles; administrators need not be named. */
export function Allow(first: Role, ...others: Role[]): MethodDecorator {
  const allowed: Role[] = [...new Set<Role>([first, ...others, 'administrator'])];
  return applyDecorators(routeConfig({ access: allowed }), ApiBearerAuth(), ApiExtension('x-roles', allowed) as MethodDecorator);
}

/** The route is for everybody, without a token. */
export function Public(): MethodDecorator {
  return routeConfig({ access: 'public' });
}

/** Parameter decorator: who is calling. Only on routes with `@Allow`. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!principal) throw new Error('@CurrentPrincipal on a public route');
  return principal;
});
