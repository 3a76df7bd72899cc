import type { Position } from '@regulars/kernel';
import type { LedgerDigest } from './digest';
import type { CountedCustomers, Ranking } from './ranking';
import type { Scope } from './scope';

/** Which customers to rank by what, and what to tell of them. */
export interface RankingQuestion {
  /** First and last day that count (days since 1970-01-01, both included). */
  readonly fromDay: number;
  readonly toDay: number;
  readonly scope: Scope;
  readonly count: CountedCustomers;
  /** Cumulative cuts in percent, ascending, the last one 100. */
  readonly percents: readonly number[];
  /** Names of the bands; where given, a digest of who is in which is made. */
  readonly labels?: readonly string[] | undefined;
  /** Id of a customer to tell the standing of. */
  readonly subject?: string | undefined;
}

/** Customers in the order of their net contribution, with the place in the log the answer was made at. */
export interface RankedCustomers {
  /** Its standing is absent where nothing is known of the subject. */
  readonly ranking: Ranking;
  readonly positions: Readonly<Record<string, Position>>;
  /** Sum of one SHA-256 for each ranked customer; present where labels were given. */
  readonly digest?: string | undefined;
  /** Whether the subject has a sale or return at any date. */
  readonly subjectKnown: boolean;
}

/** A ledger's digest, with the place in the log it was made at; null before the first event. */
export interface DigestAtPosition extends LedgerDigest {
  readonly position: Position | null;
}

/** How big a ledger is. */
export interface LedgerStats {
  /** Customers ever seen. */
  readonly customers: number;
  readonly rows: number;
  readonly segments: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

/** What tiers are made from: one ledger, or the ledgers of all partitions taken together at one moment. */
export interface ContributionSource {
  /** Throws CodedError `pyramid.scope` where nobody knows the scope's name. */
  ranked(question: RankingQuestion): Promise<RankedCustomers>;
  /** The canonical digest: whatever the order, the batches, the segments, the partitions. */
  digest(): Promise<LedgerDigest>;
  /** The same, with the position in the log. */
  digestAtPosition(): Promise<DigestAtPosition>;
  /** Size of what this process holds of it. */
  stats(): LedgerStats;
}
