import { type DynamicModule, Module } from '@nestjs/common';
import { IntakeController } from './intake/intake.controller';
import { INTAKE_RESULTS, type IntakeResults, IntakeTopicController } from './intake/intake-topic.controller';
import type { PurchaseService } from './purchase';
import { PURCHASE_SERVICE } from './purchase.tokens';
import { QuarantineController } from './quarantine/quarantine.controller';
import { StoresController } from './store/stores.controller';
import { TerminalsController } from './terminal/terminals.controller';

/** The edge of the purchase service: HTTP, and the intake topic where there is one. */
@Module({})
export class PurchaseModule {
  /** `results`: where the results of records go, where the process takes in the intake topic. */
  static with(service: PurchaseService, topic?: { readonly results: IntakeResults }): DynamicModule {
    const controllers = [IntakeController, QuarantineController, StoresController, TerminalsController];
    return {
      module: PurchaseModule,
      controllers: topic ? [...controllers, IntakeTopicController] : controllers,
      providers: [
        { provide: PURCHASE_SERVICE, useValue: service },
        { provide: INTAKE_RESULTS, useValue: topic?.results },
      ],
    };
  }
}
