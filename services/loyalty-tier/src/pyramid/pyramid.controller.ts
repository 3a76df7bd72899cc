import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { businessDateOfDay, type Clock } from '@regulars/kernel';
import { Allow, CLOCK, coversStore, CurrentPrincipal, type Principal, problem, requireChain } from '@regulars/runtime';
import type { FastifyReply } from 'fastify';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import type { LoyaltyTierService } from '../loyalty-tier';
import { LOYALTY_TIER_SERVICE } from '../loyalty-tier.tokens';
import type { PyramidQuery } from './assessment-query';
import { customerTier } from './customer-tier';
import { pyramid } from './pyramid';
import { pyramidCsv } from './render-csv';
import { pyramidSvg } from './render-svg';

const atLeast = z.string().min(1).max(100).optional().describe('A position of the log that the answer must include; waits up to 10 s');
const what = {
  asOf: z.iso.date().optional().describe('Default: today (UTC)'),
  window: z.string().max(30).default('all').describe('all, 12m, 2026 or 2026-01-01..2026-03-31'),
  scope: z.string().max(120).default('chain').describe('chain, region:NAME, store:ID or category:NAME'),
  count: z.enum(['all', 'positive']).default('all').describe('Everybody with a sale or return in the window, or only who is above zero'),
  atLeast,
};
class DigestRequest extends createZodDto(z.strictObject({ atLeast })) {}
class TierQuery extends createZodDto(z.strictObject(what)) {}
class PyramidRequest extends createZodDto(z.strictObject({ ...what, format: z.enum(['json', 'csv', 'svg']).default('json') })) {}

/** The pyramid, one customer in it, and the digest of the ledger both come from. */
@ApiTags('tiers')
@Controller('v1')
export class PyramidController {
  constructor(
    @Inject(LOYALTY_TIER_SERVICE) private readonly service: LoyaltyTierService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('pyramid')
  @Allow('manager', 'operations', 'sre')
  @ApiOperation({ summary: 'Customers ranked by contribution, cut at 10, 25, 60 and 100 %' })
  @ApiProduces('application/json', 'text/csv', 'image/svg+xml')
  async pyramid(@Query() { format, ...request }: PyramidRequest, @CurrentPrincipal() principal: Principal, @Res() reply: FastifyReply) {
    this.requireScope(principal, request.scope);
    await this.recent(request);
    const query = this.query(request);
    const result = await pyramid(this.service.ledger(), query);
    if (format === 'csv') return reply.type('text/csv; charset=utf-8').send(pyramidCsv(result));
    if (format === 'svg') return reply.type('image/svg+xml; charset=utf-8').send(pyramidSvg(result, { currency: query.currency }));
    return reply.send(result);
  }

  @Get('customers/:id/tier')
  @Allow('till', 'staff', 'manager', 'operations')
  @ApiOperation({ summary: "One customer's tier, contribution, rank and distance to the next tier, at any date" })
  async tier(@Param('id') id: string, @Query() request: TierQuery) {
    await this.recent(request);
    return customerTier(this.service.ledger(), id, this.query(request));
  }

  @Get('digest')
  @Allow('operations', 'sre')
  @ApiOperation({ summary: 'Canonical digest of the contribution ledger: equal content, equal digest' })
  async digest(@Query() request: DigestRequest) {
    await this.recent(request);
    return this.service.ledger().digestAtPosition();
  }

  /** Waits for the position that the answer must include, or for what was acknowledged before the request. */
  private recent({ atLeast: position }: z.infer<typeof DigestRequest.schema>): Promise<void> {
    return position === undefined ? this.service.fresh() : this.service.reached(position);
  }

  private query({ asOf, atLeast: _, ...request }: z.infer<typeof TierQuery.schema>): PyramidQuery {
    const today = businessDateOfDay(Math.floor(this.clock.now() / 86_400_000));
    return { ...request, asOf: asOf ?? today, currency: this.service.currency() };
  }

  /** Whoever covers single stores may look at these stores. */
  private requireScope(principal: Principal, scope: string): void {
    const store = /^store:(.+)$/su.exec(scope)?.[1];
    if (store === undefined) requireChain(principal);
    else if (!coversStore(principal, store)) throw problem('access.forbidden', 'The token does not cover this store.');
  }
}
