import Database from 'libsql';
import type { CollectionSpec } from '@regulars/ports';
import { DocumentTable } from './document-table';
import { ReadModelsDamaged } from './errors';
import type { Filter, Query, ReadModelOperations, Row } from './operations';

const FORMAT = 1;

const CATALOGUE = `
  CREATE TABLE IF NOT EXISTS collections (
    number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, version TEXT NOT NULL, UNIQUE (name, version));
  CREATE TABLE IF NOT EXISTS active_versions (name TEXT PRIMARY KEY, version TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS checkpoints (consumer TEXT PRIMARY KEY, position TEXT NOT NULL);`;

/** The database of the read models, used by one thread. `failpoint` is told before and after each commit, for tests. */
export class ReadModelDatabase implements ReadModelOperations {
  private readonly db: Database.Database;
  private readonly tables = new Map<number, DocumentTable>();

  constructor(
    file: string,
    private readonly failpoint?: (name: string) => void,
  ) {
    this.db = new Database(file);
    // One owner: a second process on the same file is refused instead of corrupting what "position" means.
    this.db.pragma('locking_mode = EXCLUSIVE');
    this.db.pragma('journal_mode = WAL');
    // Losing the last writes to a power cut is fine, they come again from the events; losing their order is not, and is not possible.
    this.db.pragma('synchronous = NORMAL');
    this.db.pragma('journal_size_limit = 67108864');
    const [check] = this.db.pragma('quick_check(1)') as { quick_check: string }[];
    if (check?.quick_check !== 'ok') throw new ReadModelsDamaged(file, check?.quick_check.replaceAll('\n', ' ') ?? 'no answer');
    this.useFormat(file);
  }

  open(): void {}

  openCollection({ name, version, indexes }: CollectionSpec): number {
    const [number, table] = this.transaction('open', () => {
      this.run('INSERT INTO collections (name, version) VALUES (?, ?) ON CONFLICT DO NOTHING', name, version);
      const [found] = this.rows('SELECT number FROM collections WHERE name = ? AND version = ?', name, version);
      const opened = new DocumentTable(this.db, Number(found?.[0]));
      opened.addFields(indexes);
      return [Number(found?.[0]), opened];
    });
    this.tables.set(number, table);
    return number;
  }

  get(table: number, ids: readonly string[]): readonly Row[] {
    return this.table(table).get(ids);
  }

  find(table: number, query: Query): readonly Row[] {
    return this.table(table).find(query);
  }

  count(table: number, filter: Filter): number {
    return this.table(table).count(filter);
  }

  write(table: number, rows: readonly Row[]): number {
    return this.transaction('write', () => this.table(table).write(rows));
  }

  activeVersion(name: string): string | undefined {
    return this.rows('SELECT version FROM active_versions WHERE name = ?', name)[0]?.[0] as string | undefined;
  }

  switchVersion(name: string, from: string | undefined, to: string): boolean {
    return this.transaction('switch', () =>
      from === undefined
        ? this.run('INSERT INTO active_versions (name, version) VALUES (?, ?) ON CONFLICT DO NOTHING', name, to) === 1
        : this.run('UPDATE active_versions SET version = ? WHERE name = ? AND version = ?', to, name, from) === 1,
    );
  }

  dropVersion(name: string, version: string): void {
    this.transaction('drop', () => {
      if (this.activeVersion(name) === version) throw new Error(`Version ${version} of ${name} is the active one and cannot be dropped`);
      const [found] = this.rows('SELECT number FROM collections WHERE name = ? AND version = ?', name, version);
      if (!found) return;
      const number = Number(found[0]);
      (this.tables.get(number) ?? new DocumentTable(this.db, number)).drop();
      this.run('DELETE FROM collections WHERE number = ?', number);
      this.tables.delete(number);
    });
  }

  loadCheckpoint(consumer: string): string | undefined {
    return this.rows('SELECT position FROM checkpoints WHERE consumer = ?', consumer)[0]?.[0] as string | undefined;
  }

  saveCheckpoint(consumer: string, position: string): void {
    this.transaction('checkpoint', () =>
      this.run(
        'INSERT INTO checkpoints (consumer, position) VALUES (?, ?) ' +
          'ON CONFLICT (consumer) DO UPDATE SET position = excluded.position WHERE excluded.position > checkpoints.position',
        consumer,
        position,
      ),
    );
  }

  close(): void {
    this.db.close();
  }

  private useFormat(file: string): void {
    const [row] = this.db.pragma('user_version') as { user_version: number }[];
    const found = row?.user_version ?? 0;
    if (found > FORMAT) throw new Error(`The read models in "${file}" were written by a newer version of the platform (format ${found})`);
    this.db.exec(CATALOGUE);
    this.db.exec(`PRAGMA user_version = ${FORMAT}`);
  }

  private table(number: number): DocumentTable {
    const table = this.tables.get(number);
    if (!table) throw new Error('This version of the collection has been dropped');
    return table;
  }

  private transaction<T>(name: string, work: () => T): T {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.failpoint?.(`read-models.${name}-before-commit`);
      this.db.exec('COMMIT');
      this.failpoint?.(`read-models.${name}-after-commit`);
      return result;
    } catch (error) {
      // Some errors (a full disk) end the transaction by themselves.
      if (this.db.inTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  private rows(text: string, ...values: string[]): unknown[][] {
    return this.db.prepare(text).raw(true).all(values) as unknown[][];
  }

  private run(text: string, ...values: (string | number)[]): number {
    return this.db.prepare(text).run(values).changes;
  }
}
