import { CodedError, type BusinessDate, type Position } from '@regulars/kernel';
import type { ContributionSource } from '../contribution/contribution-source';
import type { Standing } from '../contribution/ranking';
import { positionText, readQuery, type PyramidQuery } from './assessment-query';
import { inWords } from './customer-words';
import { BAND_TIERS, PERCENTS, TIER_CUTS, TIERS, type Tier } from './tiers';

/** Where one customer stands in a pyramid. Amounts in minor units. */
export interface CustomerTier {
  readonly customer: string;
  /** Null where the customer is not in this pyramid: nothing bought in the window, or not above zero where only those count. */
  readonly tier: Tier | null;
  readonly contribution: number;
  readonly visits: number;
  /** 1 is the best. */
  readonly rank: number | null;
  /** How many are ranked. */
  readonly customers: number;
  /** The tier above, and the smallest amount that would lift this customer over its cut as it stands; absent at the top. */
  readonly nextTier?: Tier | undefined;
  readonly toNextTier?: number | undefined;
  readonly currency: string;
  readonly asOf: BusinessDate;
  readonly window: string;
  readonly scope: string;
  readonly position: Position | null;
  /** The same in English, to be read out. */
  readonly words: string;
}

/** The tier above a band and what is missing to it; a tier that is empty because there are few customers is passed over. */
function nextOf({ missing, band }: Standing, cumulative: readonly number[]): { nextTier: Tier; toNextTier: number } | undefined {
  if (band === null) return undefined;
  const cutOf = (tier: Tier): number => PERCENTS.findIndex((percent) => percent === TIER_CUTS[tier]);
  const above = TIERS.slice(0, TIERS.indexOf(BAND_TIERS[band]!)).filter((tier) => cumulative[cutOf(tier)]! > 0);
  const nearest = above.at(-1);
  if (nearest === undefined) return undefined;
  const place = cumulative[cutOf(nearest)]!;
  return { nextTier: above.find((tier) => cumulative[cutOf(tier)]! >= place)!, toNextTier: missing[cutOf(nearest)]! };
}

/**
 * One customer's tier, rank and distance to the next tier. Throws CodedError `customer.not-found` where the ledger holds nothing of the
 * customer at any date, and what `pyramid` throws.
 */
export async function customerTier(ledger: ContributionSource, customer: string, query: PyramidQuery): Promise<CustomerTier> {
  const read = readQuery(query);
  const { fromDay, toDay, scope, count } = read;
  const ranked = await ledger.ranked({ fromDay, toDay, scope, count, percents: PERCENTS, subject: customer });
  const { standing, customers, cumulative } = ranked.ranking;
  if (!standing || !ranked.subjectKnown) throw new CodedError('customer.not-found', 'no such customer');
  const facts = {
    customer,
    tier: standing.band === null ? null : BAND_TIERS[standing.band]!,
    contribution: standing.amount,
    visits: standing.visits,
    rank: standing.rank,
    customers,
    ...nextOf(standing, cumulative),
    currency: query.currency,
    asOf: read.asOf,
    window: read.window.text,
    scope: read.scopeText,
    position: positionText(ranked.positions),
  };
  return { ...facts, words: inWords(facts, read) };
}
