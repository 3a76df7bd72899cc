import { createHash } from 'node:crypto';
import { canonicalJson, type JsonObject, type Position, type StoredEvent } from '@regulars/kernel';
import type { DocumentCollection, DocumentStore, DocumentWrite, StoredDocument } from '@regulars/ports';
import { forgetCheckpoints, SourceCheckpoints, versionConsumer } from './checkpoints';
import { type Cursor, Poison, type Projection, type ProjectionVersion } from './projection';

/** What a document projection reads: an event of the service's own log, or a message from the bus. */
export interface ProjectedItem {
  readonly id: string;
  readonly type: string;
  readonly position: Position;
  /** Of events. */
  readonly streamId?: string | undefined;
  /** Of messages. */
  readonly key?: string | undefined;
}

/**
 * A read model of documents, declared by the service that owns it. Pure: the same events give the same documents. All events of one document
 * must come from one source (one partition: the document belongs to the message's key), as positions compare within a source only.
 */
export interface DocumentProjectionDefinition<D extends JsonObject, Item extends ProjectedItem = StoredEvent> {
  readonly name: string;
  readonly indexes: readonly string[];
  /** Event types it looks at; all others pass. */
  readonly handles: readonly string[];
  /** Ids of the documents that an event changes. */
  readonly idsOf: (event: Item) => readonly string[];
  /** The document after the event; `undefined` came before the first. */
  readonly evolve: (document: D | undefined, event: Item, id: string) => D;
}

/** The documents readers see now. Ask anew for each look-up: a replay may have switched. */
export async function liveCollection<D extends JsonObject>(
  store: DocumentStore,
  { name, indexes }: Pick<DocumentProjectionDefinition<D>, 'name' | 'indexes'>,
): Promise<DocumentCollection<D>> {
  return store.collection<D>({ name, indexes, version: (await store.activeVersion(name)) ?? 'v1' });
}

/**
 * Called after events were taken in, in order, with every document they belong to as it stands now, whoever wrote it: for caches that must not
 * lag behind their documents. Another process may have been first, or be ahead, so it can be newer than the events, and come more than once.
 */
export type AfterWrite<D extends JsonObject, Item extends ProjectedItem = StoredEvent> = (
  standing: readonly StoredDocument<D>[],
  events: readonly Item[],
) => void;

/**
 * Documents know their own positions, so the checkpoint only says where reading goes on after a restart: it is saved
 * once in so many events, and when the projection stands still.
 */
const EVENTS_PER_CHECKPOINT = 5_000;

/** A document projection on a document store: each document keeps the position of its last event, so repeats have no effect. */
export function documentProjection<D extends JsonObject, Item extends ProjectedItem = StoredEvent>(
  store: DocumentStore,
  definition: DocumentProjectionDefinition<D, Item>,
  afterWrite?: AfterWrite<D, Item>,
): Projection<Item> {
  const { name, indexes } = definition;
  return {
    name,
    activeVersion: () => store.activeVersion(name),
    async open(version) {
      const collection = await store.collection<D>({ name, version, indexes });
      const checkpoints = new SourceCheckpoints(store, await versionConsumer(store, `${name}@${version}`));
      return new DocumentProjectionVersion(version, collection, definition, checkpoints, await checkpoints.load(), afterWrite);
    },
    switchVersion: (from, to) => store.switchVersion(name, from, to.version),
    async drop(version) {
      // The store refuses to drop the active one, which keeps its checkpoints.
      if ((await store.activeVersion(name)) !== version) await forgetCheckpoints(store, `${name}@${version}`);
      await store.dropVersion(name, version);
    },
    keyOf: (event) => definition.idsOf(event)[0] ?? event.streamId ?? event.key ?? event.id,
    describe: ({ id, type, position }) => ({ id, type, position }),
  };
}

/** A document as it is once the events of a batch are taken in. */
interface Evolved<D extends JsonObject> extends StoredDocument<D> {
  /** It differs from what is stored. */
  readonly changed: boolean;
}

class DocumentProjectionVersion<D extends JsonObject, Item extends ProjectedItem> implements ProjectionVersion<Item> {
  private readonly handled: ReadonlySet<string>;
  private sinceCheckpoint = 0;

  constructor(
    readonly version: string,
    private readonly collection: DocumentCollection<D>,
    private readonly definition: DocumentProjectionDefinition<D, Item>,
    private readonly checkpoints: SourceCheckpoints,
    private taken: Cursor,
    private readonly afterWrite: AfterWrite<D, Item> | undefined,
  ) {
    this.handled = new Set(definition.handles);
  }

  cursor(): Cursor {
    return this.taken;
  }

  async apply(events: readonly Item[], upTo: Cursor): Promise<void> {
    const relevant = events.filter((event) => this.handled.has(event.type));
    if (relevant.length > 0) {
      const current = await this.evolve(events, relevant);
      const standing = await this.write(current);
      this.afterWrite?.(standing, relevant);
    }
    this.taken = { ...this.taken, ...upTo };
    this.sinceCheckpoint += events.length;
    if (this.sinceCheckpoint >= EVENTS_PER_CHECKPOINT) await this.flush();
  }

  async flush(): Promise<void> {
    this.sinceCheckpoint = 0;
    await this.checkpoints.save(this.taken);
  }

  async digest(): Promise<string> {
    const hash = createHash('sha256');
    for await (const batch of this.collection.all()) {
      for (const { id, document } of batch) hash.update(`${canonicalJson([id, document])}\n`);
    }
    return hash.digest('hex');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Writes what changed and answers all as they stand now. */
  private async write(current: readonly Evolved<D>[]): Promise<readonly StoredDocument<D>[]> {
    const writes: DocumentWrite<D>[] = current
      .filter(({ changed }) => changed)
      .map(({ id, position, document }) => ({ id, position, document }));
    const { skipped } = writes.length > 0 ? await this.collection.write(writes) : { skipped: 0 };
    // Overtaken: another process has written something newer, so what was worked out here is not what stands there.
    if (skipped > 0 && this.afterWrite) return this.collection.getMany(current.map(({ id }) => id));
    return current.map(({ id, position, document }) => ({ id, position, document }));
  }

  private async evolve(batch: readonly Item[], relevant: readonly Item[]): Promise<readonly Evolved<D>[]> {
    const touched = relevant.map((event) => this.guarded(batch, event, () => this.definition.idsOf(event)));
    const stored = await this.collection.getMany([...new Set(touched.flat())]);
    const current = new Map<string, Evolved<D>>();
    for (const { id, position, document } of stored) current.set(id, { id, position, document, changed: false });
    relevant.forEach((event, index) => {
      for (const id of touched[index] ?? []) {
        const before = current.get(id);
        if (before && before.position >= event.position) continue;
        const document = this.guarded(batch, event, () => this.definition.evolve(before?.document, event, id));
        current.set(id, { id, position: event.position, document, changed: true });
      }
    });
    return [...current.values()];
  }

  private guarded<R>(batch: readonly Item[], event: Item, run: () => R): R {
    try {
      return run();
    } catch (error) {
      throw new Poison(error instanceof Error ? error.message : String(error), batch.indexOf(event));
    }
  }
}
