import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, coversStore, CurrentPrincipal, type Principal } from '@regulars/runtime';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import type { PurchaseService } from '../purchase';
import { PURCHASE_SERVICE } from '../purchase.tokens';
import { sequenceGaps, type SequenceGaps } from './sequence-gaps';

class GapsQuery extends createZodDto(z.strictObject({ store: z.string().max(64).optional() })) {}

/** Missing receipts by terminal. */
@ApiTags('purchases')
@Controller('v1')
export class TerminalsController {
  constructor(@Inject(PURCHASE_SERVICE) private readonly service: PurchaseService) {}

  @Get('sequence-gaps')
  @Allow('manager', 'operations', 'sre')
  @ApiOperation({ summary: 'Numbers missing in the running sequence of each terminal' })
  async gaps(@Query() { store }: GapsQuery, @CurrentPrincipal() principal: Principal) {
    await this.service.fresh();
    const terminals: SequenceGaps[] = [];
    for await (const batch of (await this.service.terminals()).all()) {
      for (const { document } of batch) {
        if (coversStore(principal, document.store) && (store === undefined || store === document.store))
          terminals.push(sequenceGaps(document));
      }
    }
    return { terminals };
  }
}
