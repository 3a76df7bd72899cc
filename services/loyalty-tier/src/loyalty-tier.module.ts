import { type DynamicModule, Module } from '@nestjs/common';
import type { LoyaltyTierService } from './loyalty-tier';
import { LOYALTY_TIER_SERVICE } from './loyalty-tier.tokens';
import { PyramidController } from './pyramid/pyramid.controller';

/** The HTTP edge of the loyalty-tier service. */
@Module({})
export class LoyaltyTierModule {
  static with(service: LoyaltyTierService): DynamicModule {
    return {
      module: LoyaltyTierModule,
      controllers: [PyramidController],
      providers: [{ provide: LOYALTY_TIER_SERVICE, useValue: service }],
    };
  }
}
