import { CodedError } from '@regulars/kernel';
import type { ContributionLedger } from '../contribution/ledger';

/** Whose sales count. */
export type Scope =
  | { readonly kind: 'chain' }
  | { readonly kind: 'region' | 'store'; readonly name: string }
  | { readonly kind: 'category'; readonly name: string };

/** Reads `chain`, `region:NAME`, `store:ID` or `category:NAME`. Throws CodedError `pyramid.scope`. */
export function parseScope(text: string): Scope {
  if (text === 'chain') return { kind: 'chain' };
  const match = /^(region|store|category):(.+)$/su.exec(text);
  if (!match) throw new CodedError('pyramid.scope', 'This is no scope: use chain, region:NAME, store:ID or category:NAME');
  return { kind: match[1] as 'region' | 'store' | 'category', name: match[2]! };
}

/** The part of a ledger query that a scope means. Throws CodedError `pyramid.scope` where nobody knows the name. */
export function scopeQuery(scope: Scope, ledger: ContributionLedger): { stores?: readonly string[]; category?: string } {
  switch (scope.kind) {
    case 'chain':
      return {};
    case 'category':
      if (!ledger.hasCategory(scope.name)) throw unknown(scope);
      return { category: scope.name };
    case 'store':
      if (!ledger.hasStore(scope.name)) throw unknown(scope);
      return { stores: [scope.name] };
    case 'region': {
      const stores = ledger.storesOf(scope.name);
      if (stores.length === 0) throw unknown(scope);
      return { stores };
    }
  }
}

function unknown({ kind }: Exclude<Scope, { kind: 'chain' }>): CodedError {
  return new CodedError('pyramid.scope', `There is no ${kind} of this name`);
}
