import type { BusinessDate } from '@regulars/kernel';
import { grouped, majorUnits } from './amounts';
import type { ReadQuery } from './assessment-query';
import type { Scope } from '../contribution/scope';
import type { Tier } from './tiers';
import type { Window } from './window';

/** What the words are made of. */
interface Facts {
  readonly customer: string;
  readonly tier: Tier | null;
  readonly contribution: number;
  readonly rank: number | null;
  readonly customers: number;
  readonly nextTier?: Tier | undefined;
  readonly toNextTier?: number | undefined;
  readonly currency: string;
  readonly asOf: BusinessDate;
}

function windowWords({ text }: Window, asOf: BusinessDate): string {
  if (text === 'all') return `up to ${asOf}`;
  if (text === '1m') return `in the month to ${asOf}`;
  if (text.endsWith('m')) return `in the ${text.slice(0, -1)} months to ${asOf}`;
  return `in ${text.replace('..', ' to ')}, as of ${asOf}`;
}

function scopeWords(scope: Scope): string {
  switch (scope.kind) {
    case 'chain':
      return '';
    case 'region':
      return ` in region ${scope.name}`;
    case 'store':
      return ` in store ${scope.name}`;
    case 'category':
      return ` in ${scope.name}`;
  }
}

/** A customer's standing in a sentence or two that staff can read out. */
export function inWords(facts: Facts, { window, scope }: ReadQuery): string {
  const { customer, tier, contribution, rank, customers, nextTier, toNextTier, currency, asOf } = facts;
  const amount = `${majorUnits(contribution, currency)} ${currency}`;
  const where = `${scopeWords(scope)} ${windowWords(window, asOf)}`;
  if (tier === null || rank === null)
    return `Customer ${customer} has no tier${where}: contribution ${amount}, not counted among the ${grouped(customers)} ranked.`;
  const standing = `Customer ${customer} is ${tier}${where}: contribution ${amount}, place ${grouped(rank)} of ${grouped(customers)}.`;
  if (nextTier === undefined || toNextTier === undefined) return `${standing} There is no higher tier.`;
  return `${standing} Another ${majorUnits(toNextTier, currency)} ${currency} would reach ${nextTier}.`;
}
