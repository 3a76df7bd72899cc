export { LedgerBusy, LedgerWorkers } from './contribution/ledger-workers';
export { ledgerRows } from './contribution/ledger-rows';
export * from './contribution/ledger';
