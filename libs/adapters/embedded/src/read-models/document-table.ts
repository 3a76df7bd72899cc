import type Database from 'libsql';
import type { Filter, Query, Row } from './operations';
import { orderValue } from './find-query';
import { columnOf, countSql, fieldOf, findSql, indexValue } from './find-sql';
import type { Sql } from './find-sql';

const STATEMENTS_MAX = 100;
const BACKFILL_ROWS = 500;

/** The table of one collection version: documents as JSON text, indexed fields beside it in columns of their own. */
export class DocumentTable {
  private readonly name: string;
  private readonly fields: string[];
  private readonly statements = new Map<string, Database.Statement>();

  constructor(
    private readonly db: Database.Database,
    number: number,
  ) {
    this.name = `documents_${number}`;
    db.exec(`CREATE TABLE IF NOT EXISTS ${this.name} (id TEXT PRIMARY KEY, position TEXT NOT NULL, document TEXT NOT NULL)`);
    const columns = this.all({ text: `SELECT name FROM pragma_table_info('${this.name}')`, values: [] });
    // Every field that has a column is kept up to date, also by code that does not ask for it.
    this.fields = columns.flatMap(([column]) => fieldOf(column as string) ?? []);
  }

  /** Makes columns for fields that have none, filled from the documents there. Inside a transaction. */
  addFields(fields: readonly string[]): void {
    const missing = fields.filter((field) => !this.fields.includes(field));
    if (!missing.length) return;
    for (const field of missing) this.db.exec(`ALTER TABLE ${this.name} ADD COLUMN ${columnOf(field)}`);
    this.backfill(missing);
    for (const field of missing) {
      this.db.exec(`CREATE INDEX ${this.name}_${columnOf(field)} ON ${this.name} (${columnOf(field)}, id)`);
    }
    this.fields.push(...missing);
    this.statements.clear();
  }

  /** Those that exist, in the order asked. */
  get(ids: readonly string[]): readonly Row[] {
    const text = `SELECT id, position, document FROM ${this.name} WHERE id = ?`;
    return ids.flatMap((id) => this.all({ text, values: [id] }) as unknown as Row[]);
  }

  find(query: Query): readonly Row[] {
    return this.all(findSql(this.name, query)) as unknown as Row[];
  }

  count(filter: Filter): number {
    return Number(this.all(countSql(this.name, filter))[0]?.[0]);
  }

  /** Conditional writes in the order given; answers how many took effect. Inside a transaction. */
  write(rows: readonly Row[]): number {
    const statement = this.prepare(this.upsertText());
    let applied = 0;
    for (const row of rows) applied += statement.run([...row, ...this.indexValues(row[2], this.fields)]).changes;
    return applied;
  }

  drop(): void {
    this.statements.clear();
    this.db.exec(`DROP TABLE ${this.name}`);
  }

  private upsertText(): string {
    const columns = ['id', 'position', 'document', ...this.fields.map(columnOf)];
    const changes = columns.slice(1).map((column) => `${column} = excluded.${column}`);
    return (
      `INSERT INTO ${this.name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ` +
      `ON CONFLICT (id) DO UPDATE SET ${changes.join(', ')} WHERE excluded.position > ${this.name}.position`
    );
  }

  private indexValues(document: string, fields: readonly string[]): (number | Buffer)[] {
    if (!fields.length) return [];
    const content = JSON.parse(document) as Record<string, unknown>;
    return fields.map((field) => indexValue(orderValue(content, field)));
  }

  private backfill(fields: readonly string[]): void {
    const page = `SELECT rowid, document FROM ${this.name} WHERE rowid > ? ORDER BY rowid LIMIT ${BACKFILL_ROWS}`;
    const update = this.db.prepare(`UPDATE ${this.name} SET ${fields.map((field) => `${columnOf(field)} = ?`).join(', ')} WHERE rowid = ?`);
    let last = 0;
    for (;;) {
      const rows = this.all({ text: page, values: [last] }) as [number, string][];
      for (const [rowid, document] of rows) update.run([...this.indexValues(document, fields), rowid]);
      if (rows.length < BACKFILL_ROWS) return;
      last = rows.at(-1)?.[0] ?? last;
    }
  }

  // Values always as one array: libsql takes a single Buffer for named parameters, and dies. Always `all`, because `get` adds a
  // member of its own to the row.
  private all({ text, values }: Sql): unknown[][] {
    return this.prepare(text).all(values) as unknown[][];
  }

  private prepare(text: string): Database.Statement {
    const known = this.statements.get(text);
    if (known) return known;
    if (this.statements.size >= STATEMENTS_MAX) this.statements.clear();
    const statement = this.db.prepare(text);
    if (text.startsWith('SELECT')) statement.raw(true);
    this.statements.set(text, statement);
    return statement;
  }
}
