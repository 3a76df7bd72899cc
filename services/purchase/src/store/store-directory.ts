import type { DocumentCollection } from '@regulars/ports';
import type { Store } from './events';
import type { StoreDocument } from './projection';

/** The stores in memory, for the intake's hot path: a chain has thousands of stores at most. */
export class StoreDirectory {
  private readonly stores = new Map<string, Store>();

  /** Fills it from the read model. */
  async load(collection: DocumentCollection<StoreDocument>): Promise<void> {
    for await (const batch of collection.all()) this.note(batch.map(({ document }) => document));
  }

  /** Takes over documents just written. */
  note(stores: readonly Store[]): void {
    for (const store of stores) this.stores.set(store.store, store);
  }

  get(id: string): Store | undefined {
    return this.stores.get(id);
  }

  /** All stores, by id. */
  list(): readonly Store[] {
    return [...this.stores.values()].sort((a, b) => (a.store < b.store ? -1 : 1));
  }
}
