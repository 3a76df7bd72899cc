import { type DynamicModule, Module } from '@nestjs/common';
import { IntakeController } from './intake/intake.controller';
import type { PurchaseService } from './purchase';
import { PURCHASE_SERVICE } from './purchase.tokens';
import { QuarantineController } from './quarantine/quarantine.controller';
import { StoresController } from './store/stores.controller';
import { TerminalsController } from './terminal/terminals.controller';

/** The HTTP edge of the purchase service. */
@Module({})
export class PurchaseModule {
  static with(service: PurchaseService): DynamicModule {
    return {
      module: PurchaseModule,
      controllers: [IntakeController, QuarantineController, StoresController, TerminalsController],
      providers: [{ provide: PURCHASE_SERVICE, useValue: service }],
    };
  }
}
