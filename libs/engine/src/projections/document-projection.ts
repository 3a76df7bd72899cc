import { createHash } from 'node:crypto';
import { canonicalJson, type JsonObject, type StoredEvent } from '@regulars/kernel';
import type { DocumentCollection, DocumentStore, DocumentWrite } from '@regulars/ports';
import { type Cursor, LOG_SOURCE, Poison, type Projection, type ProjectionVersion } from './projection';

/** A read model of documents, declared by the service that owns it. Pure: the same events give the same documents. */
export interface DocumentProjectionDefinition<D extends JsonObject> {
  readonly name: string;
  readonly indexes: readonly string[];
  /** Event types it looks at; all others pass. */
  readonly handles: readonly string[];
  /** Ids of the documents that an event changes. */
  readonly idsOf: (event: StoredEvent) => readonly string[];
  /** The document after the event; `undefined` came before the first. */
  readonly evolve: (document: D | undefined, event: StoredEvent, id: string) => D;
}

/** The documents readers see now. Ask anew for each look-up: a replay may have switched. */
export async function liveCollection<D extends JsonObject>(
  store: DocumentStore,
  { name, indexes }: Pick<DocumentProjectionDefinition<D>, 'name' | 'indexes'>,
): Promise<DocumentCollection<D>> {
  return store.collection<D>({ name, indexes, version: (await store.activeVersion(name)) ?? 'v1' });
}

/** Called after documents were written, in order: for caches that must not lag behind their documents. */
export type AfterWrite<D extends JsonObject> = (written: readonly DocumentWrite<D>[], events: readonly StoredEvent[]) => void;

/**
 * Documents know their own positions, so the checkpoint only says where reading goes on after a restart: it is saved
 * once in so many events, and when the projection stands still.
 */
const EVENTS_PER_CHECKPOINT = 5_000;

/** A document projection on a document store: each document keeps the position of its last event, so repeats have no effect. */
export function documentProjection<D extends JsonObject>(
  store: DocumentStore,
  definition: DocumentProjectionDefinition<D>,
  afterWrite?: AfterWrite<D>,
): Projection<StoredEvent> {
  const { name, indexes } = definition;
  return {
    name,
    activeVersion: () => store.activeVersion(name),
    async open(version) {
      const consumer = `${name}@${version}`;
      const collection = await store.collection<D>({ name, version, indexes });
      const position = await store.loadCheckpoint(consumer);
      return new DocumentProjectionVersion(
        version,
        collection,
        definition,
        (to) => store.saveCheckpoint(consumer, to),
        position === undefined ? {} : { [LOG_SOURCE]: position },
        afterWrite,
      );
    },
    switchVersion: (from, to) => store.switchVersion(name, from, to.version),
    drop: (version) => store.dropVersion(name, version),
    keyOf: (event) => definition.idsOf(event)[0] ?? event.streamId,
    describe: ({ id, type, position }) => ({ id, type, position }),
  };
}

class DocumentProjectionVersion<D extends JsonObject> implements ProjectionVersion<StoredEvent> {
  private readonly handled: ReadonlySet<string>;
  private sinceCheckpoint = 0;

  constructor(
    readonly version: string,
    private readonly collection: DocumentCollection<D>,
    private readonly definition: DocumentProjectionDefinition<D>,
    private readonly saveCheckpoint: (position: string) => Promise<void>,
    private reached: Cursor,
    private readonly afterWrite: AfterWrite<D> | undefined,
  ) {
    this.handled = new Set(definition.handles);
  }

  cursor(): Cursor {
    return this.reached;
  }

  async apply(events: readonly StoredEvent[], upTo: Cursor): Promise<void> {
    const relevant = events.filter((event) => this.handled.has(event.type));
    if (relevant.length > 0) {
      const writes = await this.evolve(events, relevant);
      if (writes.length > 0) await this.collection.write(writes);
      this.afterWrite?.(writes, relevant);
    }
    this.reached = { ...this.reached, ...upTo };
    this.sinceCheckpoint += events.length;
    if (this.sinceCheckpoint >= EVENTS_PER_CHECKPOINT) await this.flush();
  }

  async flush(): Promise<void> {
    const position = this.reached[LOG_SOURCE];
    this.sinceCheckpoint = 0;
    if (position !== undefined) await this.saveCheckpoint(position);
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

  private async evolve(batch: readonly StoredEvent[], relevant: readonly StoredEvent[]): Promise<DocumentWrite<D>[]> {
    const touched = relevant.map((event) => this.guarded(batch, event, () => this.definition.idsOf(event)));
    const stored = await this.collection.getMany([...new Set(touched.flat())]);
    const current = new Map<string, { position: string; document: D; changed: boolean }>();
    for (const { id, position, document } of stored) current.set(id, { position, document, changed: false });
    relevant.forEach((event, index) => {
      for (const id of touched[index] ?? []) {
        const before = current.get(id);
        if (before && before.position >= event.position) continue;
        const document = this.guarded(batch, event, () => this.definition.evolve(before?.document, event, id));
        current.set(id, { position: event.position, document, changed: true });
      }
    });
    return [...current].filter(([, { changed }]) => changed).map(([id, { position, document }]) => ({ id, position, document }));
  }

  private guarded<R>(batch: readonly StoredEvent[], event: StoredEvent, run: () => R): R {
    try {
      return run();
    } catch (error) {
      throw new Poison(error instanceof Error ? error.message : String(error), batch.indexOf(event));
    }
  }
}
