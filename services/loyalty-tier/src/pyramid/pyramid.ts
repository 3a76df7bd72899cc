import { createHash } from 'node:crypto';
import { businessDateOfDay, canonicalJson, divideHalfAway, safeInteger, type BusinessDate, type Position } from '@regulars/kernel';
import type { ContributionSource } from '../contribution/contribution-source';
import type { CountedCustomers, Band } from '../contribution/ranking';
import { positionText, readQuery, type PyramidQuery, type ReadQuery } from './assessment-query';
import { BAND_TIERS, PERCENTS, TIERS, type Tier } from './tiers';

/** One tier's group. Amounts in minor units, shares in percent with two decimals. */
export interface PyramidGroup {
  readonly tier: Tier;
  readonly customers: number;
  readonly customersShare: number;
  readonly amount: number;
  /** Null where the total is 0. */
  readonly amountShare: number | null;
  /** Lowest contribution in the group; null where it is empty. */
  readonly cut: number | null;
  /** Contribution per customer, rounded half away from zero; null where it is empty. */
  readonly average: number | null;
  readonly visits: number;
}

/** The customers' pyramid at one date: heads beside contribution. */
export interface Pyramid {
  readonly asOf: BusinessDate;
  readonly window: string;
  readonly scope: string;
  readonly count: CountedCustomers;
  readonly customers: number;
  readonly total: number;
  readonly currency: string;
  /** From the top. */
  readonly groups: readonly PyramidGroup[];
  /** Share of contribution of the best 20 % and 25 % of the customers; null where the total is 0. */
  readonly top20Share: number | null;
  readonly top25Share: number | null;
  /** How far the log had been read. */
  readonly position: Position | null;
  /** Equal where everybody's tier and contribution are equal, whatever the position. */
  readonly digest: string;
}

/**
 * The pyramid: customers by net contribution, descending, ties by id ascending in UTF-8 bytes, cut at round-half-up(N × p) for p = 10, 25, 60
 * and 100 %. Throws CodedError `request.invalid`, `pyramid.window` or `pyramid.scope`.
 */
export async function pyramid(ledger: ContributionSource, query: PyramidQuery): Promise<Pyramid> {
  const read = readQuery(query);
  const { fromDay, toDay, scope, count } = read;
  const ranked = await ledger.ranked({ fromDay, toDay, scope, count, percents: PERCENTS, labels: BAND_TIERS });
  const { customers, bands } = ranked.ranking;
  const total = sumOf(bands);
  const upTo = (percent: number): bigint => sumOf(bands.slice(0, PERCENTS.findIndex((p) => p === percent) + 1));
  return {
    asOf: read.asOf,
    window: read.window.text,
    scope: read.scopeText,
    count: read.count,
    customers,
    total: safeInteger(total),
    currency: query.currency,
    groups: TIERS.map((tier) =>
      groupOf(
        tier,
        bands.filter((_, band) => BAND_TIERS[band] === tier),
        customers,
        total,
      ),
    ),
    top20Share: share(upTo(20), total),
    top25Share: share(upTo(25), total),
    position: positionText(ranked.positions),
    digest: digestText(read, ranked.digest!),
  };
}

const sumOf = (bands: readonly Band[]): bigint => bands.reduce((sum, { amount }) => sum + amount, 0n);

function groupOf(tier: Tier, bands: readonly Band[], customers: number, total: bigint): PyramidGroup {
  const heads = bands.reduce((sum, band) => sum + band.customers, 0);
  const amount = sumOf(bands);
  const lowest = bands.map((band) => band.lowest).filter((value) => value !== null);
  return {
    tier,
    customers: heads,
    customersShare: share(BigInt(heads), BigInt(customers)) ?? 0,
    amount: safeInteger(amount),
    amountShare: share(amount, total),
    cut: lowest.length ? Math.min(...lowest) : null,
    average: heads === 0 ? null : safeInteger(divideHalfAway(amount, BigInt(heads))),
    visits: bands.reduce((sum, band) => sum + band.visits, 0),
  };
}

/** `part` of `whole` in percent with two decimals, round half up of the exact ratio; null where `whole` is 0. */
export function share(part: bigint, whole: bigint): number | null {
  if (whole === 0n) return null;
  const [numerator, denominator] = whole < 0n ? [-part, -whole] : [part, whole];
  const doubled = 20_000n * numerator + denominator;
  const divisor = 2n * denominator;
  const truncated = doubled / divisor;
  return Number(doubled % divisor < 0n ? truncated - 1n : truncated) / 100;
}

function digestText({ asOf, window, scopeText, count }: ReadQuery, customers: string): string {
  const from = window.fromDay === null ? null : businessDateOfDay(window.fromDay);
  const what = { asOf, from, to: businessDateOfDay(window.toDay), scope: scopeText, count, customers };
  return createHash('sha256').update(canonicalJson(what), 'utf8').digest('hex');
}
