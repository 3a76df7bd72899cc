import type { JsonObject } from '@regulars/kernel';
import type { CollectionSpec, DocumentCollection, DocumentStore, DocumentWrite, StoredDocument } from '@regulars/ports';

/** A store with one fault in it, to prove that a clause can fail. */
export interface PlantedBug {
  /** What is wrong with it. */
  readonly bug: string;
  /** The name of a clause that must see it. */
  readonly caughtBy: string;
  /** The faulty store over an honest one; called anew, with `again`, for the honest store that was opened again. */
  readonly plant: (honest: DocumentStore, again: boolean) => DocumentStore;
}

function patched<T extends object>(honest: T, patch: Partial<T>): T {
  return new Proxy(honest, {
    get: (target, member) => {
      const value: unknown = Reflect.get(Object.hasOwn(patch, member) ? patch : target, member);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** A bug in the store's own methods. */
export function storeBug(bug: string, caughtBy: string, patch: (honest: DocumentStore) => Partial<DocumentStore>): PlantedBug {
  return { bug, caughtBy, plant: (honest) => patched(honest, patch(honest)) };
}

/** A bug in every collection. */
export function collectionBug(
  bug: string,
  caughtBy: string,
  patch: (honest: DocumentCollection, spec: CollectionSpec) => Partial<DocumentCollection>,
): PlantedBug {
  return storeBug(bug, caughtBy, (honest) => ({
    collection: async <D extends JsonObject>(spec: CollectionSpec) => {
      const documents = await honest.collection<JsonObject>(spec);
      return patched(documents, patch(documents, spec)) as unknown as DocumentCollection<D>;
    },
  }));
}

/** A store that has lost something when it is opened again. */
export function forgetful(bug: string, caughtBy: string, lose: (honest: DocumentStore) => Partial<DocumentStore>): PlantedBug {
  return { bug, caughtBy, plant: (honest, again) => (again ? patched(honest, lose(honest)) : honest) };
}

/** Writes whatever stands there, by a position above it. */
export async function force(honest: DocumentCollection, { id, position, document }: DocumentWrite): Promise<void> {
  const standing = await honest.get(id);
  await honest.write([{ id, document, position: standing && standing.position >= position ? `${standing.position}+` : position }]);
}

/** All documents that match, by id. */
export async function matching(honest: DocumentCollection, matches: (stored: StoredDocument) => boolean): Promise<StoredDocument[]> {
  const found: StoredDocument[] = [];
  for await (const batch of honest.all()) found.push(...batch.filter(matches));
  return found;
}

/** Lets calls made at the same time look first, all of them, and act later, in the order in which they were made. */
export class LookThenAct {
  private readonly looks: Promise<unknown>[] = [];
  private line: Promise<unknown> = Promise.resolve();

  run<L, R>(look: () => Promise<L>, act: (seen: L) => Promise<R>): Promise<R> {
    const looked = look();
    this.looks.push(looked);
    const acted = this.line.then(async () => {
      await Promise.all(this.looks);
      return act(await looked);
    });
    this.line = acted.catch(() => undefined);
    return acted;
  }
}
