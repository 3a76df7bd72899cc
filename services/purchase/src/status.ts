import type { ScrapedGauge } from '@regulars/runtime';
import type { PurchaseService } from './purchase';

/** What the purchase service says of itself in the status of its process. */
export async function purchaseFacts(service: PurchaseService) {
  const entries = await service.quarantineEntries();
  return { intake: service.intake.counters, quarantineOpen: await entries.count({ where: { status: 'open' } }) };
}

/** What the purchase service counts. */
export function purchaseGauges(service: PurchaseService): readonly ScrapedGauge[] {
  return [
    {
      name: 'regulars_intake_items',
      help: 'Items received since the start with a durable outcome, in all and by what became of them',
      labels: ['outcome'],
      read: () => Object.entries(service.intake.counters).map(([outcome, value]) => ({ labels: { outcome }, value: value as number })),
    },
  ];
}
