import type { ScrapedGauge } from '@regulars/runtime';
import type { LedgerStats } from './contribution/contribution-source';
import type { PartitionedStatus } from './partitioned-loyalty-tier';

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

/**
 * Seconds by which an instance is behind: its partition furthest behind, and no less than the log itself has been silent, so that it grows
 * also where no partition can be followed, or none is owned. Null before the first watermark. `now` in milliseconds.
 */
export function instanceLagSeconds(
  { watermark, partitions }: Pick<PartitionedStatus, 'watermark' | 'partitions'>,
  now: number,
): number | null {
  const silent = watermark ? [Math.max(0, Math.floor((now - Date.parse(watermark.observedAt)) / 1_000))] : [];
  const known = [...silent, ...partitions.flatMap(({ lagSeconds }) => (lagSeconds === null ? [] : [lagSeconds]))];
  return known.length === 0 ? null : Math.max(...known);
}
