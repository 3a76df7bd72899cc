import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  claimIntake,
  exchangeIntake,
  type IntakeKind,
  type IntakeResult,
  intakeResult,
  purchaseIntake,
  returnIntake,
  voidIntake,
} from '@regulars/contracts';
import type { Causation, ErrorCodeName } from '@regulars/kernel';
import {
  Allow,
  type Configuration,
  coversStore,
  CONFIGURATION,
  CurrentPrincipal,
  NdjsonBody,
  type Principal,
  problem,
  RequestCausation,
  requireStore,
  STOPPING,
} from '@regulars/runtime';
import { fold } from '@regulars/engine';
import type { FastifyReply } from 'fastify';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { PURCHASE_SERVICE } from '../purchase.tokens';
import type { PurchaseService } from '../purchase';
import { receipt } from '../receipt/decider';
import { jsonSchema } from './json-schema';
import type { Delivery } from './intake';
import { receiptId, receiptStream } from './prepare';
import type { IntakeItem } from './read-item';
import { intakeReport } from './report';
import { takeInStream } from './take-in-stream';

const day = z.iso.date();
class ReportQuery extends createZodDto(
  z.strictObject({ store: z.string().max(64).optional(), from: day.optional(), to: day.optional() }),
) {}

/** Purchases, returns, exchanges, voids and claims: one by one, as a batch, as a stream. */
@ApiTags('purchases')
@Controller('v1')
export class IntakeController {
  constructor(
    @Inject(PURCHASE_SERVICE) private readonly service: PurchaseService,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(STOPPING) private readonly stopping: AbortSignal,
  ) {}

  @Post('purchases')
  @Allow('till', 'operations')
  @ApiOperation({ summary: 'Record a purchase' })
  @ApiBody({ schema: jsonSchema(purchaseIntake) })
  purchase(
    @Body() body: unknown,
    @CurrentPrincipal() who: Principal,
    @RequestCausation() why: Causation,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.one('purchase', body, who, why, reply);
  }

  @Post('returns')
  @Allow('till', 'operations')
  @ApiOperation({ summary: 'Record a return, linked to its receipt or not' })
  @ApiBody({ schema: jsonSchema(returnIntake) })
  return(
    @Body() body: unknown,
    @CurrentPrincipal() who: Principal,
    @RequestCausation() why: Causation,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.one('return', body, who, why, reply);
  }

  @Post('exchanges')
  @Allow('till', 'operations')
  @ApiOperation({ summary: 'Record an exchange: goods back and other goods out on one receipt' })
  @ApiBody({ schema: jsonSchema(exchangeIntake) })
  exchange(
    @Body() body: unknown,
    @CurrentPrincipal() who: Principal,
    @RequestCausation() why: Causation,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.one('exchange', body, who, why, reply);
  }

  @Post('voids')
  @Allow('till', 'manager', 'operations')
  @ApiOperation({ summary: 'Take a whole receipt back' })
  @ApiBody({ schema: jsonSchema(voidIntake) })
  void(
    @Body() body: unknown,
    @CurrentPrincipal() who: Principal,
    @RequestCausation() why: Causation,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.one('void', body, who, why, reply);
  }

  @Post('claims')
  @Allow('till', 'staff', 'manager', 'operations')
  @ApiOperation({ summary: 'Give an anonymous purchase to a member' })
  @ApiBody({ schema: jsonSchema(claimIntake) })
  claim(
    @Body() body: unknown,
    @CurrentPrincipal() who: Principal,
    @RequestCausation() why: Causation,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.one('claim', body, who, why, reply);
  }

  @Post('purchases::batch')
  @HttpCode(200)
  @Allow('till', 'operations')
  @ApiOperation({
    summary: 'Take in many items; each has its own result',
    description: 'Items as in a stream; a mere purchase needs no `kind`.',
  })
  @ApiBody({ schema: { type: 'array', items: { type: 'object' } } })
  async batch(@Body() body: unknown, @CurrentPrincipal() principal: Principal, @RequestCausation() why: Causation) {
    const { batchItemsMax } = this.configuration.intake;
    if (!Array.isArray(body)) throw problem('request.invalid', 'A batch is a JSON array of items.');
    if (body.length > batchItemsMax) throw problem('request.too-large', `A batch has at most ${batchItemsMax} items.`);
    const items = body.map((value: unknown): IntakeItem => ({ value, raw: () => JSON.stringify(value) }));
    const results = await this.takeIn(items, { ...why, id: randomUUID(), principal });
    const summary = { received: results.length, accepted: 0, duplicate: 0, quarantined: 0 };
    for (const { outcome } of results) summary[outcome]++;
    return { results, summary };
  }

  @Post('purchases::stream')
  @HttpCode(200)
  @NdjsonBody()
  @Allow('till', 'operations')
  @ApiOperation({ summary: 'Take in a stream of items; a result is durable when its line is out' })
  @ApiOkResponse({ content: { 'application/x-ndjson': { schema: jsonSchema(intakeResult) } } })
  stream(@Body() body: Readable, @CurrentPrincipal() principal: Principal, @RequestCausation() why: Causation, @Res() reply: FastifyReply) {
    const { streamChunkItems: chunkItems, streamLineBytesMax: lineBytesMax } = this.configuration.intake;
    const delivery: Delivery = { ...why, id: randomUUID(), principal };
    const lines = takeInStream(this.service.intake, body, delivery, { chunkItems, lineBytesMax }, this.stopping);
    return reply.type('application/x-ndjson').send(Readable.from(lines, { objectMode: false, highWaterMark: 1 << 18 }));
  }

  @Get('purchases/:store/:terminal/:receipt')
  @Allow('till', 'staff', 'manager', 'operations')
  @ApiOperation({ summary: 'A receipt with its returns, void and claim' })
  async find(
    @Param('store') store: string,
    @Param('terminal') terminal: string,
    @Param('receipt') number: string,
    @CurrentPrincipal() principal: Principal,
  ) {
    requireStore(principal, store);
    const { eventStore, chain } = this.service;
    const purchaseId = receiptId(chain, { store, terminal, receipt: number });
    const history = await eventStore.readStream(receiptStream(purchaseId));
    if (history.length === 0) throw problem('purchase.not-found', 'No such receipt has been recorded.');
    const { recorded, notedFor, returns, withdrawn, owner, claimed, voided } = fold(receipt, history);
    const recordedAt = history[0]?.recordedAt;
    return {
      purchaseId,
      ...recorded,
      returnOf: notedFor?.purchaseId,
      customer: owner ?? null,
      claimed,
      voided,
      returns,
      withdrawn,
      recordedAt,
    };
  }

  @Get('intake/report')
  @Allow('manager', 'operations', 'sre')
  @ApiOperation({ summary: 'What became of everything received, by store and business day: received = accepted + duplicate + quarantined' })
  async report(@Query() query: ReportQuery, @CurrentPrincipal() principal: Principal) {
    await this.service.fresh();
    return intakeReport(await this.service.reportRows(), query, (store) => coversStore(principal, store));
  }

  private async one(kind: IntakeKind, value: unknown, principal: Principal, why: Causation, reply: FastifyReply) {
    const item: IntakeItem = { value, kind, raw: () => JSON.stringify(value) ?? '' };
    const [result] = await this.takeIn([item], { ...why, id: randomUUID(), principal });
    const { outcome, purchaseId, quarantineId, code, detail } = result as IntakeResult;
    if (outcome === 'quarantined') throw problem(code as ErrorCodeName, detail ?? '', { quarantineId });
    reply.status(outcome === 'accepted' ? 201 : 200);
    return { outcome, purchaseId };
  }

  private async takeIn(items: readonly IntakeItem[], delivery: Delivery): Promise<readonly IntakeResult[]> {
    try {
      return await this.service.intake.takeIn(items, delivery);
    } finally {
      this.service.intake.end(delivery);
    }
  }
}
