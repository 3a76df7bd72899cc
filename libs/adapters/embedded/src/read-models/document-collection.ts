import type { JsonObject } from '@regulars/kernel';
import type { DocumentCollection, DocumentWrite, FindOptions, Page, StoredDocument } from '@regulars/ports';
import { cursorAfter, toFilter, toQuery } from './find-query';
import { checkKey, isKey } from './names';
import type { ReadModelOperations, Row } from './operations';
import type { WorkerClient } from './worker-client';

const ALL_BATCH = 500;

function toStored<D extends JsonObject>([id, position, document]: Row): StoredDocument<D> {
  return { id, position, document: JSON.parse(document) as D };
}

function toRow({ id, position, document }: DocumentWrite): Row {
  checkKey('id', id);
  checkKey('position', position);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw new TypeError('A document must be a JSON object');
  return [id, position, JSON.stringify(document)];
}

/** One collection version in the embedded database. Checks and JSON happen here, everything else in the database's thread. */
export class EmbeddedCollection<D extends JsonObject> implements DocumentCollection<D> {
  private readonly indexes: ReadonlySet<string>;

  constructor(
    private readonly worker: WorkerClient<ReadModelOperations>,
    private readonly table: number,
    indexes: readonly string[],
  ) {
    this.indexes = new Set(indexes);
  }

  async get(id: string): Promise<StoredDocument<D> | undefined> {
    return (await this.getMany([id]))[0];
  }

  /** Those that exist, each once, in the order asked. */
  async getMany(ids: readonly string[]): Promise<readonly StoredDocument<D>[]> {
    // What cannot be a key is not there; asking for it is no fault.
    const rows = await this.worker.call('get', this.table, [...new Set(ids)].filter(isKey));
    return rows.map((row) => toStored<D>(row));
  }

  /** Descending turns the whole order round, ties by id included. Documents without the field come before numbers, numbers before text. */
  async find(options: FindOptions = {}): Promise<Page<D>> {
    const query = toQuery(options, this.indexes);
    const rows = await this.worker.call('find', this.table, query);
    const items = rows.slice(0, query.rowsMax - 1).map((row) => toStored<D>(row));
    const last = items.at(-1);
    return rows.length < query.rowsMax || !last ? { items } : { items, next: cursorAfter(last.id, last.document, query) };
  }

  async count(options: Pick<FindOptions, 'where' | 'range'> = {}): Promise<number> {
    return this.worker.call('count', this.table, toFilter(options, this.indexes));
  }

  /** Checks all before it writes any; the batch is one transaction. */
  async write(writes: readonly DocumentWrite<D>[]): Promise<{ readonly applied: number; readonly skipped: number }> {
    if (!writes.length) return { applied: 0, skipped: 0 };
    const applied = await this.worker.call('write', this.table, writes.map(toRow));
    return { applied, skipped: writes.length - applied };
  }

  async *all(): AsyncIterable<readonly StoredDocument<D>[]> {
    let after: { value: null; id: string } | undefined;
    do {
      const rows: readonly Row[] = await this.worker.call('find', this.table, {
        equals: [],
        ranges: [],
        descending: false,
        rowsMax: ALL_BATCH,
        after,
      });
      const last = rows.at(-1);
      if (!last) return;
      yield rows.map((row) => toStored<D>(row));
      after = rows.length < ALL_BATCH ? undefined : { value: null, id: last[0] };
    } while (after);
  }
}
