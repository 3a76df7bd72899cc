import { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { fold } from '@regulars/engine';
import type { Causation } from '@regulars/kernel';
import {
  Allow,
  coversStore,
  CurrentPrincipal,
  orProblem,
  type Principal,
  problem,
  RequestCausation,
  requireChain,
  requireStore,
} from '@regulars/runtime';
import type { FastifyReply } from 'fastify';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { receiptStream } from '../intake/prepare';
import type { PurchaseService } from '../purchase';
import { PURCHASE_SERVICE } from '../purchase.tokens';
import { receipt } from '../receipt/decider';
import type { QuarantineDocument } from './projection';
import { dismiss, redrive } from './settle';

const filters = {
  status: z.enum(['open', 'redriven', 'dismissed']).optional(),
  store: z.string().max(64).optional(),
  code: z.string().max(64).optional(),
};
const page = { limit: z.coerce.number().int().min(1).max(1_000).default(100), cursor: z.string().max(1_000).optional() };
class ListQuery extends createZodDto(z.strictObject({ ...filters, ...page })) {}
class ExportQuery extends createZodDto(z.strictObject(filters)) {}
class Redrive extends createZodDto(z.strictObject({ corrected: z.record(z.string(), z.unknown()).optional() })) {}
class Dismiss extends createZodDto(z.strictObject({ reason: z.string().trim().min(1).max(500) })) {}

type Filters = Pick<z.infer<typeof ListQuery.schema>, 'status' | 'store' | 'code'>;

/** What could not be accepted: look, correct, re-drive, dismiss, export. */
@ApiTags('quarantine')
@Controller('v1')
export class QuarantineController {
  constructor(@Inject(PURCHASE_SERVICE) private readonly service: PurchaseService) {}

  @Get('quarantine')
  @Allow('manager', 'operations')
  @ApiOperation({ summary: 'Entries, newest first, without their raw input' })
  async list(@Query() { limit, cursor, ...filter }: ListQuery, @CurrentPrincipal() principal: Principal) {
    const where = inScope(filter, principal);
    await this.service.fresh();
    const entries = await this.service.quarantineEntries();
    try {
      const { items, next } = await entries.find({ where, orderBy: 'receivedAt', descending: true, limit, cursor });
      return { items: items.map(({ document: { raw: _, ...entry } }) => entry), next };
    } catch (error) {
      if (error instanceof TypeError) throw problem('request.invalid', 'The cursor is not one this list gave.');
      throw error;
    }
  }

  @Get('quarantine::export')
  @Allow('manager', 'operations')
  @ApiOperation({ summary: 'All entries with their raw input, as NDJSON' })
  export(@Query() filter: ExportQuery, @CurrentPrincipal() principal: Principal, @Res() reply: FastifyReply) {
    const lines = exported(this.service, inScope(filter, principal));
    return reply.type('application/x-ndjson').send(Readable.from(lines, { objectMode: false }));
  }

  @Get('quarantine/:id')
  @Allow('manager', 'operations')
  @ApiOperation({ summary: 'An entry with its raw input and, for a conflict, the version that is recorded' })
  async show(@Param('id') id: string, @CurrentPrincipal() principal: Principal) {
    const entry = await this.entry(id, principal);
    if (entry.conflictsWith === undefined) return entry;
    const recorded = fold(receipt, await this.service.eventStore.readStream(receiptStream(entry.conflictsWith)));
    return { ...entry, conflictsWith: { purchaseId: entry.conflictsWith, content: recorded.recorded ?? recorded.notedFor } };
  }

  @Post('quarantine/:id::redrive')
  @HttpCode(200)
  @Allow('manager', 'operations')
  @ApiOperation({ summary: 'Try an entry again, as it came or corrected; refused again it stays' })
  async redrive(
    @Param('id') id: string,
    @Body() { corrected }: Redrive,
    @CurrentPrincipal() principal: Principal,
    @RequestCausation() why: Causation,
  ) {
    await this.entry(id, principal);
    return orProblem(await redrive(this.service.quarantine, id, { ...why, principal, by: principal.tokenId }, corrected));
  }

  @Post('quarantine/:id::dismiss')
  @HttpCode(200)
  @Allow('manager', 'operations')
  @ApiOperation({ summary: 'Decide that an entry is not to be taken in' })
  async dismiss(
    @Param('id') id: string,
    @Body() { reason }: Dismiss,
    @CurrentPrincipal() principal: Principal,
    @RequestCausation() why: Causation,
  ) {
    await this.entry(id, principal);
    orProblem((await dismiss(this.service.quarantine, id, reason, { ...why, principal, by: principal.tokenId })) ?? {});
    return { id, status: 'dismissed' };
  }

  private async entry(id: string, principal: Principal): Promise<QuarantineDocument> {
    await this.service.fresh();
    const found = await (await this.service.quarantineEntries()).get(id);
    if (!found || (found.document.store !== undefined && !coversStore(principal, found.document.store))) {
      throw problem('quarantine.not-found', 'No quarantine entry has this id.');
    }
    return found.document;
  }
}

/** Whoever has single stores in scope must name one of them. */
function inScope(filter: Filters, principal: Principal): Record<string, string> {
  if (filter.store === undefined) requireChain(principal);
  else requireStore(principal, filter.store);
  return Object.fromEntries(Object.entries(filter).filter((member): member is [string, string] => member[1] !== undefined));
}

async function* exported(service: PurchaseService, where: Record<string, string>): AsyncGenerator<string> {
  const entries = await service.quarantineEntries();
  let cursor: string | undefined;
  do {
    const found = await entries.find({ where, limit: 200, cursor });
    yield found.items.map(({ document }) => `${JSON.stringify(document)}\n`).join('');
    cursor = found.next;
  } while (cursor);
}
