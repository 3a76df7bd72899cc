import type { DocumentStore } from '@regulars/ports';
import { documentStoreClauses } from './clauses';

/** How an adapter brings its stores under the contract. */
export interface DocumentStoreContract {
  readonly name: string;
  /** An empty store. */
  readonly create: () => Promise<DocumentStore>;
  /** Closes the store and opens again what it kept; absent where nothing is kept. */
  readonly reopen?: (store: DocumentStore) => Promise<DocumentStore>;
  /** Closes the store and removes what it kept. */
  readonly dispose: (store: DocumentStore) => Promise<void>;
}

/** Runs every clause as a Jest test, each on a store of its own; clauses that need `reopen` are left out where it is absent. */
export function documentStoreContract({ name, create, reopen, dispose }: DocumentStoreContract): void {
  describe(`${name} keeps the promises of a document store`, () => {
    const clauses = documentStoreClauses.filter(({ reopens }) => !reopens || reopen);
    test.each(clauses.map((clause) => [clause.name, clause] as const))('%s', async (_, clause) => {
      let store = await create();
      try {
        const again = reopen && (async () => (store = await reopen(store)));
        await clause.check({ store, reopen: again });
      } finally {
        await dispose(store);
      }
    });
  });
}
