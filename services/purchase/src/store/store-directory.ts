import type { DocumentCollection, StoredDocument } from '@regulars/ports';
import type { Store } from './events';
import type { StoreDocument } from './projection';

/** The stores in memory, for the intake's hot path: a chain has thousands of stores at most. */
export class StoreDirectory {
  private readonly stores = new Map<string, { readonly position: string; readonly store: Store }>();

  /** Fills it from the read model. */
  async load(collection: DocumentCollection<StoreDocument>): Promise<void> {
    for await (const batch of collection.all()) this.note(batch);
  }

  /** Takes over documents just written; older ones, as a replay writes them, have no effect. */
  note(written: readonly StoredDocument<StoreDocument>[]): void {
    for (const { id, position, document } of written) {
      const known = this.stores.get(id);
      if (!known || known.position < position) this.stores.set(id, { position, store: document });
    }
  }

  get(id: string): Store | undefined {
    return this.stores.get(id)?.store;
  }

  /** All stores, by id. */
  list(): readonly Store[] {
    return [...this.stores.values()].map(({ store }) => store).sort((a, b) => (a.store < b.store ? -1 : 1));
  }
}
