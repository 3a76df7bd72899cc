import type { Position } from '@regulars/kernel';
import type { LedgerSnapshot } from '../contribution/snapshot';

/** The ledgers an instance owns, as questions see them. */
export interface OwnedSnapshots {
  /** Partitions owned now. */
  owned(): readonly string[];
  /** The ledger of an owned partition at a position of the log: not there yet, or behind it already. */
  at(source: string, position: Position): LedgerSnapshot | 'awaited' | { readonly standsAt: Position };
}
