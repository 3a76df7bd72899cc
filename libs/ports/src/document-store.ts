import type { JsonObject, Position } from '@regulars/kernel';

/** Names a collection of documents, and what it can be looked up by. */
export interface CollectionSpec {
  /** `intake-report`; letters, digits and hyphens. */
  readonly name: string;
  /** The version of its content: a replay builds another version beside the live one. Letters, digits and hyphens. */
  readonly version: string;
  /** Top-level string or number fields that `find` may filter or order by. */
  readonly indexes: readonly string[];
}

/** One conditional write: takes effect only where the document's position is lower than `position`, or it does not exist. */
export interface DocumentWrite<D extends JsonObject = JsonObject> {
  readonly id: string;
  /** Position of the source event that made this content; kept inside the document. */
  readonly position: Position;
  /** The whole new content. */
  readonly document: D;
}

/** A document with its place in the source. */
export interface StoredDocument<D extends JsonObject = JsonObject> {
  readonly id: string;
  readonly position: Position;
  readonly document: D;
}

/** A look-up by indexed fields. Everything is optional. */
export interface FindOptions {
  /** Equality on indexed fields, all of them. */
  readonly where?: Readonly<Record<string, string | number>>;
  /** Inclusive lower and upper bounds on one indexed field each. */
  readonly range?: Readonly<Record<string, { readonly from?: string | number; readonly to?: string | number }>>;
  /** Indexed field to order by (ties by id); default by id. */
  readonly orderBy?: string;
  readonly descending?: boolean;
  /** At most so many, 1 to 1,000; default 100. */
  readonly limit?: number;
  /** `next` of the page before, with the same other options. */
  readonly cursor?: string;
}

/** One page of a look-up. */
export interface Page<D extends JsonObject = JsonObject> {
  readonly items: readonly StoredDocument<D>[];
  /** Cursor of the next page; absent on the last. */
  readonly next?: string | undefined;
}

/** One version of one collection. */
export interface DocumentCollection<D extends JsonObject = JsonObject> {
  get(id: string): Promise<StoredDocument<D> | undefined>;
  getMany(ids: readonly string[]): Promise<readonly StoredDocument<D>[]>;
  /** Filters, orders, pages. Throws TypeError on a field that is no index. */
  find(options?: FindOptions): Promise<Page<D>>;
  count(options?: Pick<FindOptions, 'where' | 'range'>): Promise<number>;
  /** Conditional writes, each on its own; answers how many took effect. Never moves a document's position back. */
  write(writes: readonly DocumentWrite<D>[]): Promise<{ readonly applied: number; readonly skipped: number }>;
  /** Every document ordered by id, in batches: for digests and exports. */
  all(): AsyncIterable<readonly StoredDocument<D>[]>;
}

/**
 * Read models as JSON documents. Promises: a write is seen by every later read; a write with a position not above the
 * document's own has no effect (so redelivery has none); look-ups cost by what they return, not by what is stored; hostile keys and
 * values (`__proto__`, `$gt`, quotes) are only ever data. Everything in here can be built again from events.
 */
export interface DocumentStore {
  /** Opens a collection version, making it where it is missing. */
  collection<D extends JsonObject = JsonObject>(spec: CollectionSpec): Promise<DocumentCollection<D>>;
  /** The version readers use; undefined before the first switch. */
  activeVersion(name: string): Promise<string | undefined>;
  /** Makes `to` the version readers use, only if `from` still is; answers whether it did. Atomic. */
  switchVersion(name: string, from: string | undefined, to: string): Promise<boolean>;
  /** Removes a version that is not the active one; throws if it is. */
  dropVersion(name: string, version: string): Promise<void>;
  /** How far a consumer has got; undefined before the first save. */
  loadCheckpoint(consumer: string): Promise<Position | undefined>;
  /** Saves it; a lower position than the one saved has no effect. */
  saveCheckpoint(consumer: string, position: Position): Promise<void>;
  close(): Promise<void>;
}
