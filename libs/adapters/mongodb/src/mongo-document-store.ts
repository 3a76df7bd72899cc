import type { JsonObject, Position } from '@regulars/kernel';
import type { CollectionSpec, DocumentCollection, DocumentStore } from '@regulars/ports';
import type { Collection, Db, MongoClient } from 'mongodb';
import type { Calls } from './calls';
import { ConditionalWrites } from './conditional-writes';
import { MongoCollection, type OpenVersion } from './mongo-collection';
import { checkField, checkKey, checkName } from './names';
import { pathOf, type Positioned, type StoredForm } from './stored-form';
import { type VersionRecord, Versions } from './versions';
import type { Alone } from './write-lock';

// Collections of documents have a dot in their names, so they never meet these.
const VERSIONS = 'versions';
const CHECKPOINTS = 'checkpoints';
/** FerretDB's indexes are named without regard to case. */
const indexName = (field: string): string => `by-${field.replace(/[A-Z]/g, (letter) => `^${letter.toLowerCase()}`)}`;
const collectionName = (name: string, version: string): string => `${name}.${version}`;

/** A document store on a server, and how it stands. */
export interface MongoDocuments extends DocumentStore {
  /** Asks the server; the reason names no address. */
  check(): Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: string }>;
}

/** Read models in one MongoDB database. */
export class MongoDocumentStore implements MongoDocuments {
  private readonly versions: Versions;
  private readonly checkpoints: Collection<Positioned>;
  private readonly savedCheckpoints: ConditionalWrites<Positioned>;
  /** What this process has open, so that opening again, as every look-up does, costs no call. */
  private readonly open = new Map<string, { readonly version: OpenVersion; readonly indexed: Map<string, Promise<unknown>> }>();

  constructor(
    private readonly client: MongoClient,
    private readonly db: Db,
    private readonly calls: Calls,
    private readonly bulkWritesMax: number,
    private readonly alone: Alone,
  ) {
    this.versions = new Versions(db.collection<VersionRecord>(VERSIONS), calls);
    this.checkpoints = db.collection<Positioned>(CHECKPOINTS);
    this.savedCheckpoints = new ConditionalWrites<Positioned>(this.checkpoints, calls, bulkWritesMax, alone);
  }

  /**
   * Makes the indexes that are missing, each over (field, id) under the name `by-<field>` (capitals as `^` and the small letter). MongoDB builds them beside reads and writes; where that
   * takes longer than a call may, it rejects with `StoreUnavailable`, the server goes on, and opening again joins it.
   */
  async collection<D extends JsonObject>(spec: CollectionSpec): Promise<DocumentCollection<D>> {
    checkName('name of a collection', spec.name);
    checkName('version of a collection', spec.version);
    spec.indexes.forEach(checkField);
    const { version, indexed } = this.opened(collectionName(spec.name, spec.version));
    await Promise.all(spec.indexes.map((field) => this.index(version, indexed, field)));
    return new MongoCollection<D>(version, this.calls, spec.indexes, this.bulkWritesMax, this.alone);
  }

  async activeVersion(name: string): Promise<string | undefined> {
    checkName('name of a collection', name);
    return this.versions.active(name);
  }

  async switchVersion(name: string, from: string | undefined, to: string): Promise<boolean> {
    checkName('name of a collection', name);
    if (from !== undefined) checkName('version of a collection', from);
    checkName('version of a collection', to);
    return this.versions.switch(name, from, to);
  }

  /** Where it is cut off in the middle, that version cannot be switched to until it is dropped again. */
  async dropVersion(name: string, version: string): Promise<void> {
    checkName('name of a collection', name);
    checkName('version of a collection', version);
    if (!(await this.versions.markDropping(name, version))) {
      throw new Error(`Version ${version} of ${name} is the active one and cannot be dropped`);
    }
    const key = collectionName(name, version);
    const opened = this.open.get(key);
    if (opened) opened.version.isDropped = true;
    this.open.delete(key);
    await this.calls.run(() => this.db.dropCollection(key), { repeatable: true });
    await this.versions.unmarkDropping(name, version);
  }

  async loadCheckpoint(consumer: string): Promise<Position | undefined> {
    checkKey('name of a consumer', consumer);
    const find = () => this.checkpoints.findOne({ _id: { $eq: consumer } }, { maxTimeMS: this.calls.timeoutMs });
    return (await this.calls.run(find, { repeatable: true }))?.p;
  }

  async saveCheckpoint(consumer: string, position: Position): Promise<void> {
    checkKey('name of a consumer', consumer);
    checkKey('position', position);
    await this.savedCheckpoints.write([{ _id: consumer, p: position }]);
  }

  async check(): Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: string }> {
    try {
      await this.calls.run(() => this.db.command({ ping: 1 }), { repeatable: true });
      return { ok: true };
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Ends all connections; calls under way and later ones reject with `StoreUnavailable`. */
  async close(): Promise<void> {
    // Sessions are told to the server, which may be away.
    await this.calls.runLast(() => this.client.close());
  }

  private opened(key: string): { readonly version: OpenVersion; readonly indexed: Map<string, Promise<unknown>> } {
    let opened = this.open.get(key);
    if (!opened) {
      opened = { version: { collection: this.db.collection<StoredForm>(key), isDropped: false }, indexed: new Map() };
      this.open.set(key, opened);
    }
    return opened;
  }

  private index({ collection }: OpenVersion, indexed: Map<string, Promise<unknown>>, field: string): Promise<unknown> {
    let made = indexed.get(field);
    if (!made) {
      const create = () => collection.createIndex({ [pathOf(field)]: 1, _id: 1 }, { name: indexName(field) });
      made = this.calls.run(create, { repeatable: true });
      indexed.set(field, made);
      made.catch(() => indexed.delete(field));
    }
    return made;
  }
}
