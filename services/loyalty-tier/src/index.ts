export { LedgerDamaged } from './contribution/damaged';
export { addDigests, type LedgerDigest } from './contribution/digest';
export type { CustomerMeasures, Measures } from './contribution/customer-measures';
export { ContributionLedger, type ContributionQuery, type LedgerOptions, type LedgerStats } from './contribution/ledger';
export type { LedgerFailpoint } from './contribution/ledger-files';
export type { SignedChange, StoreRegion } from './contribution/ledger-memory';
export { LedgerBusy, LedgerWorkers } from './contribution/ledger-workers';
