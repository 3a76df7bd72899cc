import { Body, Controller, Get, HttpCode, Inject, Param, Post, Put, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Causation, isTimeZone } from '@regulars/kernel';
import {
  Allow,
  type Configuration,
  CONFIGURATION,
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
import type { PurchaseService } from '../purchase';
import { PURCHASE_SERVICE } from '../purchase.tokens';
import type { StoreCommand } from './decider';
import type { Store } from './events';
import { writeStore } from './register-store';

const name = z.string().trim().min(1).max(100);
const facts = {
  name,
  region: z
    .string()
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u)
    .describe('Region the store belongs to'),
  timeZone: z.string().max(64).refine(isTimeZone, 'not an IANA time zone').describe('IANA name, such as Europe/Berlin'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional()
    .describe('ISO 4217; default: the currency of the other stores, else the configured one'),
  opened: z.iso.date().nullable().optional().describe('First day it sells'),
  closed: z.iso.date().nullable().optional().describe('First day it no longer sells'),
};
const id = z.string().regex(/^[\p{L}\p{N}._-]{1,64}$/u);
class RegisterStore extends createZodDto(z.strictObject({ id, ...facts })) {}
class ChangeStore extends createZodDto(z.strictObject(facts)) {}
class CloseStore extends createZodDto(z.strictObject({ closed: z.iso.date() })) {}

/** The chain's stores. */
@ApiTags('stores')
@Controller('v1/stores')
export class StoresController {
  constructor(
    @Inject(PURCHASE_SERVICE) private readonly service: PurchaseService,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  @Get()
  @Allow('staff', 'manager', 'operations', 'sre')
  @ApiOperation({ summary: 'All stores' })
  list(@CurrentPrincipal() principal: Principal) {
    return {
      items: this.service.stores
        .list()
        .filter(({ store }) => coversStore(principal, store))
        .map(view),
    };
  }

  @Get(':id')
  @Allow('staff', 'manager', 'operations', 'sre')
  @ApiOperation({ summary: 'One store' })
  show(@Param('id') store: string, @CurrentPrincipal() principal: Principal) {
    requireStore(principal, store);
    return view(this.known(store));
  }

  @Post()
  @Allow('operations')
  @ApiOperation({ summary: 'Register a store; what waited for it in quarantine is then taken by itself' })
  async register(
    @Body() { id: store, ...given }: RegisterStore,
    @CurrentPrincipal() principal: Principal,
    @RequestCausation() why: Causation,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    requireChain(principal);
    const { written, store: stored } = await this.write('register', this.complete(store, given), why);
    reply.status(written ? 201 : 200);
    return view(stored);
  }

  @Put(':id')
  @Allow('operations')
  @ApiOperation({ summary: 'Change the facts of a store; time zone and currency never change' })
  async change(
    @Param('id') store: string,
    @Body() given: ChangeStore,
    @CurrentPrincipal() principal: Principal,
    @RequestCausation() why: Causation,
  ) {
    requireChain(principal);
    return view((await this.write('change', this.complete(store, given), why)).store);
  }

  @Post(':id::close')
  @HttpCode(200)
  @Allow('operations')
  @ApiOperation({ summary: 'Close a store from a day on' })
  async close(
    @Param('id') store: string,
    @Body() { closed }: CloseStore,
    @CurrentPrincipal() principal: Principal,
    @RequestCausation() why: Causation,
  ) {
    requireChain(principal);
    return view((await this.write('change', { ...this.known(store), closed }, why)).store);
  }

  private complete(store: string, { currency, opened, closed, ...given }: ChangeStore): Store {
    const { stores } = this.service;
    const already = (stores.get(store) ?? stores.list()[0])?.currency;
    return {
      store,
      ...given,
      currency: currency ?? already ?? this.configuration.chain.currency,
      opened: opened ?? null,
      closed: closed ?? null,
    };
  }

  private known(store: string): Store {
    const known = this.service.stores.get(store);
    if (!known) throw problem('store.not-found', 'No store has this id.');
    return known;
  }

  private async write(type: StoreCommand['type'], store: Store, why: Causation) {
    const occurredAt = new Date(this.service.clock.now()).toISOString();
    return orProblem(await writeStore(this.service.storeRegistry, { type, occurredAt, store }, why));
  }
}

function view({ store: id, ...facts }: Store) {
  return { id, ...facts };
}
