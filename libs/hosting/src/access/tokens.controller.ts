import { Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Causation, Clock } from '@regulars/kernel';
import { Allow, CLOCK, coversStore, CurrentPrincipal, orProblem, type Principal, problem, RequestCausation } from '@regulars/runtime';
import { createZodDto, ZodResponse } from 'nestjs-zod';
import { z } from 'zod';
import { tokenRoles } from './events';
import type { AccessContext } from './handle-access';
import { issueToken } from './issue-token';
import { revokeToken } from './revoke-token';
import type { TokenDocument } from './token-registry';
import { newTokenText } from './token-text';

/** Injection token of the `AccessContext`. */
export const ACCESS = Symbol('regulars.access');

const name = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[^\p{C}]+$/u, 'no control characters');

class TokenRequestBody extends createZodDto(
  z.strictObject({
    role: z.enum(tokenRoles),
    stores: z.array(name).min(1).max(1_000).optional().describe('Stores it covers; all where absent. A till has exactly one'),
    terminal: name.optional().describe("A till's terminal"),
    label: z
      .string()
      .max(100)
      .regex(/^[^\p{C}]*$/u, 'no control characters')
      .optional()
      .describe('For people'),
  }),
) {}

class IssuedToken extends createZodDto(z.object({ id: z.string(), token: z.string().describe('Shown this once') })) {}

const tokenItem = z.object({
  id: z.string(),
  role: z.enum(tokenRoles),
  stores: z.union([z.literal('*'), z.array(z.string())]),
  terminal: z.string().nullable(),
  label: z.string(),
  issuedAt: z.string(),
  revokedAt: z.string().optional(),
});
class TokenItem extends createZodDto(tokenItem) {}
class TokenList extends createZodDto(z.object({ items: z.array(tokenItem) })) {}

const itemOf = ({ tokenId, role, stores, terminal, label, issuedAt, revokedAt }: TokenDocument): z.infer<typeof tokenItem> => ({
  id: tokenId,
  role,
  stores,
  terminal,
  label,
  issuedAt,
  ...(revokedAt === null ? {} : { revokedAt }),
});

/** An administrator manages every token; operations the tills of its stores. */
function manages(principal: Principal, token: Pick<TokenDocument, 'role' | 'stores'>): boolean {
  if (principal.role === 'administrator') return true;
  return token.role === 'till' && token.stores !== '*' && token.stores.every((store) => coversStore(principal, store));
}

const forbidden = () => problem('access.forbidden', 'This role manages tills of its own stores only.');

/** Issuing, listing and revoking tokens. */
@ApiTags('tokens')
@Controller('v1/tokens')
export class TokensController {
  constructor(
    @Inject(ACCESS) private readonly access: AccessContext,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post()
  @Allow('operations')
  @ApiOperation({ summary: 'Issue a token; its text is shown once' })
  @ZodResponse({ status: 201, description: 'Issued', type: IssuedToken })
  async issue(
    @Body() body: TokenRequestBody,
    @CurrentPrincipal() principal: Principal,
    @RequestCausation() causation: Causation,
  ): Promise<{ id: string; token: string }> {
    const request = { role: body.role, stores: body.stores ?? ('*' as const), terminal: body.terminal ?? null, label: body.label ?? '' };
    if (principal.role !== 'administrator' && request.role !== 'till') throw forbidden();
    if (request.stores !== '*' && !manages(principal, request)) throw forbidden();
    const { tokenId, token } = orProblem(await issueToken(this.access, request, newTokenText(), this.now(), causation));
    return { id: tokenId, token };
  }

  @Get()
  @Allow('operations')
  @ApiOperation({ summary: 'Every token the caller manages, revoked ones as well' })
  @ZodResponse({ status: 200, description: 'By time of issue', type: TokenList })
  list(@CurrentPrincipal() principal: Principal): { items: z.infer<typeof tokenItem>[] } {
    return {
      items: this.access.registry
        .list()
        .filter((token) => manages(principal, token))
        .map(itemOf),
    };
  }

  @Post(':id::revoke')
  @HttpCode(200)
  @Allow('operations')
  @ApiOperation({ summary: 'Take a token its force, for ever; again changes nothing' })
  @ZodResponse({ status: 200, description: 'Revoked', type: TokenItem })
  async revoke(
    @Param('id') id: string,
    @CurrentPrincipal() principal: Principal,
    @RequestCausation() causation: Causation,
  ): Promise<z.infer<typeof tokenItem>> {
    const token = this.access.registry.get(id);
    if (token && !manages(principal, token)) throw forbidden();
    orProblem(await revokeToken(this.access, id, this.now(), causation));
    return itemOf(this.access.registry.get(id) as TokenDocument);
  }

  private now(): string {
    return new Date(this.clock.now()).toISOString();
  }
}
