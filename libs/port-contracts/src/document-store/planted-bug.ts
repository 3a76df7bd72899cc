import type { JsonObject } from '@regulars/kernel';
import type { CollectionSpec, DocumentCollection, DocumentStore, StoredDocument } from '@regulars/ports';
import { InMemoryDocumentStore, noDocuments } from '@regulars/testing';
import type { DocumentsInMemory } from '@regulars/testing';

/** A store with one fault in it, to prove that a clause can fail. */
export interface PlantedBug {
  /** What is wrong with it. */
  readonly bug: string;
  /** The name of a clause that must see it. */
  readonly caughtBy: string;
  /** A store over what is kept; called again with the same for "opening again". */
  readonly open: (kept: DocumentsInMemory) => DocumentStore;
}

type Patch<T> = (honest: T, kept: DocumentsInMemory) => Partial<T>;

function patched<T extends object>(honest: T, patch: Partial<T>): T {
  return new Proxy(honest, {
    get: (target, member) => {
      const value: unknown = Reflect.get(Object.hasOwn(patch, member) ? patch : target, member);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** A bug in the store's own methods. */
export function storeBug(bug: string, caughtBy: string, patch: Patch<DocumentStore>): PlantedBug {
  return {
    bug,
    caughtBy,
    open: (kept) => {
      const honest = new InMemoryDocumentStore(kept);
      return patched<DocumentStore>(honest, patch(honest, kept));
    },
  };
}

/** A bug in every collection. `raw` gets and sets what is kept of a document, past all rules. */
export function collectionBug(
  bug: string,
  caughtBy: string,
  patch: (honest: DocumentCollection, raw: RawDocuments, spec: CollectionSpec) => Partial<DocumentCollection>,
): PlantedBug {
  return storeBug(bug, caughtBy, (honest, kept) => ({
    collection: async <D extends JsonObject>(spec: CollectionSpec) => {
      const documents = await honest.collection<JsonObject>(spec);
      const faulty = patched(documents, patch(documents, rawDocuments(kept, `${spec.name}/${spec.version}`), spec));
      return faulty as unknown as DocumentCollection<D>;
    },
  }));
}

/** The documents of one version, without any rule. */
export interface RawDocuments {
  get(id: string): StoredDocument | undefined;
  set(stored: StoredDocument): void;
  all(): StoredDocument[];
}

function rawDocuments(kept: DocumentsInMemory, key: string): RawDocuments {
  const read = (id: string): StoredDocument | undefined => {
    const found = kept.versions.get(key)?.get(id);
    return found && { id, position: found.position, document: JSON.parse(found.text) as JsonObject };
  };
  return {
    get: read,
    set: ({ id, position, document }) => kept.versions.get(key)?.set(id, { position, text: JSON.stringify(document) }),
    all: () => [...(kept.versions.get(key)?.keys() ?? [])].flatMap((id) => read(id) ?? []),
  };
}

/** A store that lost everything `lose` removes when it was opened again. */
export function forgetful(bug: string, caughtBy: string, lose: (kept: DocumentsInMemory) => Partial<DocumentsInMemory>): PlantedBug {
  return { bug, caughtBy, open: (kept) => new InMemoryDocumentStore({ ...noDocuments(), ...kept, ...lose(kept) }) };
}
