import type { ScrapedGauge } from '@regulars/runtime';
import type { LedgerStats } from './contribution/contribution-source';

/** Where the figures of a ledger come from: the one ledger, or all that an instance owns. */
export type ReadLedgerStats = () => LedgerStats;

/** What the loyalty-tier service says of itself in the status of its process. */
export async function loyaltyTierFacts(stats: ReadLedgerStats) {
  return { ledger: stats() };
}

/** What the loyalty-tier service counts. */
export function loyaltyTierGauges(stats: ReadLedgerStats): readonly ScrapedGauge[] {
  return [
    { name: 'regulars_ledger_rows', help: 'Rows in the contribution ledger', read: () => stats().rows },
    { name: 'regulars_ledger_customers', help: 'Customers in the contribution ledger', read: () => stats().customers },
    { name: 'regulars_ledger_memory_bytes', help: 'Memory of the contribution ledger', read: () => stats().memoryBytes },
  ];
}
