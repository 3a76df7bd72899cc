export { LedgerDamaged } from './contribution/damaged';
export { addDigests, type LedgerDigest } from './contribution/digest';
export type { CustomerMeasures, Measures } from './contribution/customer-measures';
export type { ContributionQuery } from './contribution/contribution-query';
export type {
  ContributionSource,
  DigestAtPosition,
  LedgerStats,
  RankedCustomers,
  RankingQuestion,
} from './contribution/contribution-source';
export { ContributionLedger, type LedgerOptions } from './contribution/ledger';
export type { LedgerFailpoint } from './contribution/ledger-files';
export type { SignedChange, StoreRegion } from './contribution/ledger-memory';
export { LedgerBusy, LedgerWorkers } from './contribution/ledger-workers';
export type { PyramidQuery } from './pyramid/assessment-query';
export { customerTier, type CustomerTier } from './pyramid/customer-tier';
export { pyramid, type Pyramid, type PyramidGroup } from './pyramid/pyramid';
export { pyramidCsv } from './pyramid/render-csv';
export { pyramidSvg } from './pyramid/render-svg';
export { pyramidTable } from './pyramid/render-table';
export type { Scope } from './contribution/scope';
export { parseScope } from './pyramid/scope';
export { TIERS, type Tier } from './pyramid/tiers';
export { parseAsOf, parseWindow, type Window } from './pyramid/window';
export { createLoyaltyTierService, type LoyaltyTierPorts, type LoyaltyTierService } from './loyalty-tier';
export {
  createPartitionedLoyaltyTier,
  type PartitionedLoyaltyTier,
  type PartitionedLoyaltyTierPorts,
  type PartitionedStatus,
} from './partitioned-loyalty-tier';
export type { PartitionStatus } from './partitions/owned-ledgers';
export { rankingMessages, RANKINGS_TOPIC } from './ranking/messages';
export { LoyaltyTierModule } from './loyalty-tier.module';
export { loyaltyTierFacts, loyaltyTierGauges, type ReadLedgerStats } from './status';
