import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern } from '@nestjs/microservices';
import { INTAKE_TOPIC } from '@regulars/contracts';
import type { EventBus } from '@regulars/ports';
import { type Configuration, CONFIGURATION, MessageContext } from '@regulars/runtime';
import type { PurchaseService } from '../purchase';
import { PURCHASE_SERVICE } from '../purchase.tokens';
import { type RecordIntakePorts, settledMessage, takeInRecord } from './take-in-record';

/** Where the results of records are published. */
export type IntakeResults = Pick<EventBus, 'publish'>;

/** Injection token of `IntakeResults`. */
export const INTAKE_RESULTS = Symbol('regulars.intake-results');

/** Purchases, returns, exchanges, voids and claims that stores write to the intake topic themselves. */
@Controller()
export class IntakeTopicController {
  private readonly ports: RecordIntakePorts;

  constructor(
    @Inject(PURCHASE_SERVICE) { chain, eventStore, intake }: PurchaseService,
    @Inject(CONFIGURATION) { intake: { topicStores, streamLineBytesMax: recordBytesMax } }: Configuration,
    @Inject(INTAKE_RESULTS) private readonly results: IntakeResults,
  ) {
    const stores = topicStores === '*' ? ('*' as const) : topicStores.split(',');
    this.ports = { chain, eventStore, intake, stores, recordBytesMax };
  }

  /** Its result is on the results topic before the record counts as handled. */
  @EventPattern(INTAKE_TOPIC)
  async record(@Ctx() { message }: MessageContext): Promise<void> {
    const settled = await takeInRecord(this.ports, message);
    await this.results.publish([settledMessage(this.ports.chain, message, settled)]);
  }
}
