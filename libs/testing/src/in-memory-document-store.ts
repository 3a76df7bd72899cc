import type { JsonObject, Position } from '@regulars/kernel';
import type { CollectionSpec, DocumentCollection, DocumentStore, DocumentWrite, FindOptions, Page, StoredDocument } from '@regulars/ports';

interface Kept {
  readonly position: Position;
  /** As text, so that nobody can change what is stored by changing what was read. */
  readonly text: string;
}

type Documents = Map<string, Kept>;

/** What an in-memory store keeps; hand it to a second store to play a restart. */
export interface DocumentsInMemory {
  readonly versions: Map<string, Documents>;
  readonly active: Map<string, string>;
  readonly checkpoints: Map<string, Position>;
}

/** Nothing kept yet. */
export function noDocuments(): DocumentsInMemory {
  return { versions: new Map(), active: new Map(), checkpoints: new Map() };
}

type Value = string | number | undefined;

const bytesOrder = (a: string, b: string): number => Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
const rank = (value: Value): number => (value === undefined ? 0 : typeof value === 'number' ? 1 : 2);

/** Without the field first, then numbers, then text by its UTF-8 bytes. */
function valueOrder(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return bytesOrder(a, b);
  return rank(a) - rank(b);
}

function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new TypeError(message);
}

const isName = (name: unknown): boolean => typeof name === 'string' && /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?$/.test(name);
const isKey = (text: unknown): text is string => typeof text === 'string' && !/\0|\p{Surrogate}/u.test(text);
const isValue = (value: unknown): value is string | number => typeof value === 'string' || Number.isFinite(value);

function fieldOf(document: JsonObject, field: string): Value {
  const value = Object.hasOwn(document, field) ? document[field] : undefined;
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

/** The key a document is ordered by, as a cursor keeps it. */
interface OrderKey {
  readonly value?: Value;
  readonly id: string;
}

class InMemoryCollection<D extends JsonObject> implements DocumentCollection<D> {
  constructor(
    private readonly documents: () => Documents,
    private readonly indexes: readonly string[],
  ) {}

  async get(id: string): Promise<StoredDocument<D> | undefined> {
    return (await this.getMany([id]))[0];
  }

  async getMany(ids: readonly string[]): Promise<readonly StoredDocument<D>[]> {
    const documents = this.documents();
    return [...new Set(ids)].flatMap((id) => {
      const kept = documents.get(id);
      return kept ? [{ id, position: kept.position, document: JSON.parse(kept.text) as D }] : [];
    });
  }

  async find(options: FindOptions = {}): Promise<Page<D>> {
    const { orderBy, descending = false, limit = 100, cursor } = options;
    if (orderBy !== undefined) this.checkIndexed(orderBy);
    if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) throw new RangeError('limit must be an integer from 1 to 1000');
    const keyOf = ({ id, document }: StoredDocument): OrderKey => ({
      id,
      value: orderBy === undefined ? undefined : fieldOf(document, orderBy),
    });
    const order = (a: OrderKey, b: OrderKey): number => (valueOrder(a.value, b.value) || bytesOrder(a.id, b.id)) * (descending ? -1 : 1);
    const after = cursor === undefined ? undefined : readCursor(cursor, [orderBy ?? null, descending]);
    const rest = this.matching(options)
      .filter((stored) => !after || order(keyOf(stored), after) > 0)
      .sort((a, b) => order(keyOf(a), keyOf(b)));
    const items = rest.slice(0, limit);
    const last = items.at(-1);
    return last && rest.length > limit ? { items, next: writeCursor([orderBy ?? null, descending], keyOf(last)) } : { items };
  }

  async count(options: Pick<FindOptions, 'where' | 'range'> = {}): Promise<number> {
    return this.matching(options).length;
  }

  async write(writes: readonly DocumentWrite<D>[]): Promise<{ readonly applied: number; readonly skipped: number }> {
    for (const { id, position, document } of writes) {
      check(isKey(id) && isKey(position), 'The id and the position must be text without NUL and unpaired surrogates');
      check(typeof document === 'object' && document !== null && !Array.isArray(document), 'A document must be a JSON object');
    }
    const documents = this.documents();
    let applied = 0;
    for (const { id, position, document } of writes) {
      const kept = documents.get(id);
      if (kept && bytesOrder(position, kept.position) <= 0) continue;
      documents.set(id, { position, text: JSON.stringify(document) });
      applied++;
    }
    return { applied, skipped: writes.length - applied };
  }

  async *all(): AsyncIterable<readonly StoredDocument<D>[]> {
    const batchSize = 100;
    const ids = [...this.documents().keys()].sort(bytesOrder);
    for (let start = 0; start < ids.length; start += batchSize) yield await this.getMany(ids.slice(start, start + batchSize));
  }

  private checkIndexed(field: string): void {
    check(this.indexes.includes(field), `"${field}" is not an index of this collection`);
  }

  private matching({ where = {}, range = {} }: Pick<FindOptions, 'where' | 'range'>): StoredDocument<D>[] {
    const tests: ((document: D) => boolean)[] = [];
    for (const [field, wanted] of Object.entries(where)) {
      this.checkIndexed(field);
      check(isValue(wanted), `"${field}" is looked up by text or a finite number only`);
      tests.push((document) => fieldOf(document, field) !== undefined && valueOrder(fieldOf(document, field), wanted) === 0);
    }
    for (const [field, { from, to }] of Object.entries(range)) {
      this.checkIndexed(field);
      for (const bound of [from, to]) check(bound === undefined || isValue(bound), `"${field}" is bounded by text or finite numbers only`);
      check(from === undefined || to === undefined || typeof from === typeof to, `The bounds of "${field}" must be of one type`);
      for (const [bound, sign] of [
        [from, 1],
        [to, -1],
      ] as const) {
        if (bound === undefined) continue;
        tests.push((document) => {
          const value = fieldOf(document, field);
          return typeof value === typeof bound && valueOrder(value, bound) * sign >= 0;
        });
      }
    }
    return [...this.documents()]
      .map(([id, { position, text }]) => ({ id, position, document: JSON.parse(text) as D }))
      .filter(({ document }) => tests.every((test) => test(document)));
  }
}

function writeCursor(order: readonly unknown[], { value, id }: OrderKey): string {
  return Buffer.from(JSON.stringify([...order, value ?? null, id])).toString('base64url');
}

function readCursor(cursor: string, order: readonly unknown[]): OrderKey {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    parts = undefined;
  }
  const known = Array.isArray(parts) && parts.length === 4 && order.every((part, place) => parts[place] === part);
  check(known, 'The cursor is not one of a page with the same order');
  const [, , value, id] = parts as unknown[];
  check((value === null || isValue(value)) && isKey(id), 'The cursor is not one of a page with the same order');
  return { value: value ?? undefined, id };
}

/** An honest DocumentStore in memory, for specs and as the model that real ones are compared with. Slow on purpose: it looks at everything. */
export class InMemoryDocumentStore implements DocumentStore {
  constructor(private readonly kept: DocumentsInMemory = noDocuments()) {}

  async collection<D extends JsonObject>({ name, version, indexes }: CollectionSpec): Promise<DocumentCollection<D>> {
    check(isName(name) && isName(version), 'The name and the version of a collection must be letters, digits and hyphens');
    const key = `${name}/${version}`;
    if (!this.kept.versions.has(key)) this.kept.versions.set(key, new Map());
    return new InMemoryCollection<D>(() => {
      const documents = this.kept.versions.get(key);
      if (!documents) throw new Error('This version of the collection has been dropped');
      return documents;
    }, indexes);
  }

  async activeVersion(name: string): Promise<string | undefined> {
    return this.kept.active.get(name);
  }

  async switchVersion(name: string, from: string | undefined, to: string): Promise<boolean> {
    check(isName(name) && isName(to), 'The name and the version of a collection must be letters, digits and hyphens');
    if (this.kept.active.get(name) !== from) return false;
    this.kept.active.set(name, to);
    return true;
  }

  async dropVersion(name: string, version: string): Promise<void> {
    if (this.kept.active.get(name) === version) throw new Error(`Version ${version} of ${name} is the active one and cannot be dropped`);
    this.kept.versions.delete(`${name}/${version}`);
  }

  async loadCheckpoint(consumer: string): Promise<Position | undefined> {
    return this.kept.checkpoints.get(consumer);
  }

  async saveCheckpoint(consumer: string, position: Position): Promise<void> {
    const saved = this.kept.checkpoints.get(consumer);
    if (saved === undefined || bytesOrder(position, saved) > 0) this.kept.checkpoints.set(consumer, position);
  }

  async close(): Promise<void> {}
}
