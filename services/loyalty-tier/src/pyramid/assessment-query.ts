import { canonicalJson, type BusinessDate, type Position } from '@regulars/kernel';
import type { CountedCustomers } from '../contribution/ranking';
import type { Scope } from '../contribution/scope';
import { parseScope } from './scope';
import { parseAsOf, parseWindow, type Window } from './window';

/** Which pyramid is meant. */
export interface PyramidQuery {
  readonly asOf: BusinessDate;
  /** `all` (default), `12m`, `2026`, `2026-01-01..2026-03-31`. */
  readonly window?: string | undefined;
  /** `chain` (default), `region:NAME`, `store:ID`, `category:NAME`. */
  readonly scope?: string | undefined;
  /** `all` (default): everybody with a sale or return in the window; `positive`: only who is above zero. */
  readonly count?: CountedCustomers | undefined;
  /** ISO 4217; the currency of all amounts. */
  readonly currency: string;
}

/** A query, read and checked. */
export interface ReadQuery {
  readonly asOf: BusinessDate;
  readonly window: Window;
  readonly scope: Scope;
  readonly scopeText: string;
  readonly count: CountedCustomers;
  /** First and last day that count (days since 1970-01-01, both included). */
  readonly fromDay: number;
  readonly toDay: number;
}

const DAYS_MAX = 65_535;

/** Reads and checks a query. Throws CodedError `request.invalid`, `pyramid.window` or `pyramid.scope`. */
export function readQuery(query: PyramidQuery): ReadQuery {
  const window = parseWindow(query.window ?? 'all', parseAsOf(query.asOf));
  const scopeText = query.scope ?? 'chain';
  return {
    asOf: query.asOf,
    window,
    scope: parseScope(scopeText),
    scopeText,
    count: query.count ?? 'all',
    fromDay: Math.max(0, window.fromDay ?? 0),
    toDay: Math.min(DAYS_MAX, window.toDay),
  };
}

/** Positions as one text: that of the log where it is the only source; null before the first event. */
export function positionText(positions: Readonly<Record<string, Position>>): Position | null {
  const sources = Object.keys(positions);
  if (sources.length === 0) return null;
  return sources.length === 1 ? positions[sources[0]!]! : canonicalJson(positions);
}
