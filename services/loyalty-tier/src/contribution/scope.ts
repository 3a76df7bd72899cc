import { CodedError } from '@regulars/kernel';

/** Whose sales count. */
export type Scope =
  | { readonly kind: 'chain' }
  | { readonly kind: 'region' | 'store'; readonly name: string }
  | { readonly kind: 'category'; readonly name: string };

/** What a scope is looked up in. */
export interface KnownNames {
  hasStore(store: string): boolean;
  hasCategory(category: string): boolean;
  /** Ids of the stores of a region. */
  storesOf(region: string): readonly string[];
}

/** The part of a ledger query that a scope means. Throws CodedError `pyramid.scope` where nobody knows the name. */
export function scopeQuery(scope: Scope, known: KnownNames): { stores?: readonly string[]; category?: string } {
  switch (scope.kind) {
    case 'chain':
      return {};
    case 'category':
      if (!known.hasCategory(scope.name)) throw unknownScope(scope);
      return { category: scope.name };
    case 'store':
      if (!known.hasStore(scope.name)) throw unknownScope(scope);
      return { stores: [scope.name] };
    case 'region': {
      const stores = known.storesOf(scope.name);
      if (stores.length === 0) throw unknownScope(scope);
      return { stores };
    }
  }
}

/** The error for a region, store or category that nobody knows. */
export function unknownScope({ kind }: Scope): CodedError {
  return new CodedError('pyramid.scope', `There is no ${kind} of this name`);
}
