import type { EventLog } from '@regulars/adapter-embedded';
import type { DeadLetters } from '@regulars/engine';
import type { LoyaltyTierService } from '@regulars/loyalty-tier';
import type { PurchaseService } from '@regulars/purchase';
import { registerScraped } from '@regulars/runtime';
import type { Registry } from 'prom-client';
import { logBytes, type Operations } from './operations';

/** Publishes what the parts count in plain fields, at scrape. */
export function registerPlatformMetrics(
  registry: Registry,
  parts: {
    eventLog: EventLog;
    purchase: PurchaseService;
    loyaltyTier: LoyaltyTierService;
    deadLetters: DeadLetters;
    operations: Operations;
  },
  head: () => string | undefined,
): void {
  const { eventLog, purchase, loyaltyTier, deadLetters, operations } = parts;
  const projections = () => operations.projectionStatus(head());
  registerScraped(registry, [
    {
      name: 'regulars_intake_items',
      help: 'Items received since the start with a durable outcome, in all and by what became of them',
      labels: ['outcome'],
      read: () => Object.entries(purchase.intake.counters).map(([outcome, value]) => ({ labels: { outcome }, value: value as number })),
    },
    { name: 'regulars_event_log_bytes', help: 'Durable bytes of the event log', read: () => eventLog.stats().bytes },
    { name: 'regulars_event_log_streams', help: 'Streams in the event log', read: () => eventLog.stats().streams },
    {
      name: 'regulars_projection_lag_bytes',
      help: 'Bytes of the event log that a projection has not taken in yet',
      labels: ['projection'],
      read: () => projections().map(({ name, lagBytes }) => ({ labels: { projection: name }, value: lagBytes })),
    },
    {
      name: 'regulars_projection_position_bytes',
      help: 'How far a projection has read the event log',
      labels: ['projection'],
      read: () => projections().map(({ name, position }) => ({ labels: { projection: name }, value: logBytes(position ?? undefined) })),
    },
    { name: 'regulars_ledger_rows', help: 'Rows in the contribution ledger', read: () => loyaltyTier.ledger().stats().rows },
    { name: 'regulars_ledger_customers', help: 'Customers in the contribution ledger', read: () => loyaltyTier.ledger().stats().customers },
    {
      name: 'regulars_ledger_memory_bytes',
      help: 'Memory of the contribution ledger',
      read: () => loyaltyTier.ledger().stats().memoryBytes,
    },
    { name: 'regulars_dead_letters', help: 'Items parked for a person to look at', read: () => deadLetters.count() },
  ]);
}
