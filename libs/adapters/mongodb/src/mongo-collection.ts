import type { JsonObject } from '@regulars/kernel';
import type { DocumentCollection, DocumentWrite, FindOptions, Page, StoredDocument } from '@regulars/ports';
import type { Collection, Filter, FindOptions as DriverFindOptions } from 'mongodb';
import type { Calls } from './calls';
import { ConditionalWrites } from './conditional-writes';
import { filterOf, pageFilterOf, sortOf } from './find-filter';
import { cursorAfter, toConditions, toQuery } from './find-query';
import { isKey } from './names';
import { fromStoredForm, type StoredForm, toStoredForm } from './stored-form';
import type { Alone } from './write-lock';

/** Documents in one batch of `all`, and ids in one look-up. */
const BATCH = 500;

/** One opening of a collection version, shared by all handles of it in this process. */
export interface OpenVersion {
  readonly collection: Collection<StoredForm>;
  /** Set when this process dropped it: its handles must not make it again by writing. */
  isDropped: boolean;
}

/** One collection version in MongoDB. */
export class MongoCollection<D extends JsonObject> implements DocumentCollection<D> {
  private readonly indexes: ReadonlySet<string>;
  private readonly writes: ConditionalWrites<StoredForm>;

  constructor(
    private readonly version: OpenVersion,
    private readonly calls: Calls,
    indexes: readonly string[],
    bulkWritesMax: number,
    alone: Alone,
  ) {
    this.indexes = new Set(indexes);
    this.writes = new ConditionalWrites<StoredForm>(version.collection, calls, bulkWritesMax, alone);
  }

  async get(id: string): Promise<StoredDocument<D> | undefined> {
    return (await this.getMany([id]))[0];
  }

  /** Those that exist, each once, in the order asked. */
  async getMany(ids: readonly string[]): Promise<readonly StoredDocument<D>[]> {
    // What cannot be a key is not there; asking for it is no fault.
    const wanted = [...new Set(ids)].filter(isKey);
    const found = new Map<string, StoredDocument<D>>();
    for (let start = 0; start < wanted.length; start += BATCH) {
      const some = wanted.slice(start, start + BATCH);
      const filter = some.length === 1 ? { _id: { $eq: some[0] } } : { _id: { $in: some } };
      for (const stored of await this.read(filter as Filter<StoredForm>, { limit: some.length })) found.set(stored.id, stored);
    }
    return wanted.flatMap((id) => found.get(id) ?? []);
  }

  /** Descending turns the whole order round, ties by id included. Documents without the field come before numbers, numbers before text. */
  async find(options: FindOptions = {}): Promise<Page<D>> {
    const query = toQuery(options, this.indexes);
    const found = await this.read(pageFilterOf(query), { sort: sortOf(query), limit: query.documentsMax });
    const items = found.slice(0, query.documentsMax - 1);
    const last = items.at(-1);
    return found.length < query.documentsMax || !last ? { items } : { items, next: cursorAfter(last.id, last.document, query) };
  }

  async count(options: Pick<FindOptions, 'where' | 'range'> = {}): Promise<number> {
    // Not by `countDocuments`: FerretDB counts nothing there.
    const pipeline = [{ $match: filterOf(toConditions(options, this.indexes)) }, { $count: 'documents' }];
    const { collection } = this.usable();
    const count = () => collection.aggregate<{ documents: number }>(pipeline, { maxTimeMS: this.calls.timeoutMs }).toArray();
    return (await this.calls.run(count, { repeatable: true }))[0]?.documents ?? 0;
  }

  /**
   * Checks all before it writes any. Not one transaction: where it rejects, some writes may have taken effect; the batch is then repeated and those
   * have none a second time.
   */
  async write(writes: readonly DocumentWrite<D>[]): Promise<{ readonly applied: number; readonly skipped: number }> {
    const stored = writes.map(toStoredForm);
    this.usable();
    const applied = await this.writes.write(stored);
    return { applied, skipped: writes.length - applied };
  }

  async *all(): AsyncIterable<readonly StoredDocument<D>[]> {
    let after: string | undefined;
    do {
      const filter: Filter<StoredForm> = after === undefined ? {} : { _id: { $gt: after } };
      const batch = await this.read(filter, { sort: { _id: 1 }, limit: BATCH });
      if (batch.length === 0) return;
      yield batch;
      after = batch.length < BATCH ? undefined : batch.at(-1)?.id;
    } while (after !== undefined);
  }

  private async read(filter: Filter<StoredForm>, options: DriverFindOptions & { readonly limit: number }): Promise<StoredDocument<D>[]> {
    const { collection } = this.usable();
    // One more than the limit, so that the server closes its cursor with the first answer.
    const bounds = { projection: { p: 1, d: 1 }, batchSize: options.limit + 1, maxTimeMS: this.calls.timeoutMs };
    const found = await this.calls.run(() => collection.find<StoredForm>(filter, { ...options, ...bounds }).toArray(), {
      repeatable: true,
    });
    return found.map((stored) => fromStoredForm<D>(stored));
  }

  private usable(): OpenVersion {
    if (this.version.isDropped) throw new Error('This version of the collection has been dropped');
    return this.version;
  }
}
