/** The ledger's rows in DuckDB's Parquet with zstd: in order of arrival and sorted as the ledger sorts them, in both versions of the format. */
import { createWriteStream, statSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { digestOfRows, ledgerRows } from '../data/rows.mjs';
import { answer, options } from '../harness/side.mjs';

/** The narrowest types that hold the values. */
const COLUMNS = {
  customer: 'VARCHAR',
  day: 'USMALLINT',
  store: 'VARCHAR',
  category: 'VARCHAR',
  net: 'INTEGER',
  returned: 'INTEGER',
  margin: 'INTEGER',
  marginKnown: 'INTEGER',
  entries: 'TINYINT',
  visits: 'TINYINT',
  bought: 'TINYINT',
};
const FLUSH_CHARS = 1 << 20;
const { folder, count } = options;

const rows = [...ledgerRows(count).values()];
const csv = join(folder, 'rows.csv');
const stream = createWriteStream(csv);
let text = '';
for (const row of rows) {
  text += `${Object.keys(COLUMNS)
    .map((column) => row[column])
    .join(',')}\n`;
  if (text.length < FLUSH_CHARS) continue;
  if (!stream.write(text)) await once(stream, 'drain');
  text = '';
}
stream.end(text);
await once(stream, 'close');

const database = await (await DuckDBInstance.create()).connect();
await database.run(`SET threads = 2; SET preserve_insertion_order = true`);
await database.run(`CREATE TABLE ledger AS SELECT * FROM read_csv('${csv}', header = false, columns = ${JSON.stringify(COLUMNS)})`);
const bytes = {};
for (const [order, from] of [
  ['arrival', 'ledger'],
  ['sorted', '(SELECT * FROM ledger ORDER BY customer, day, store, category)'],
]) {
  for (const version of ['V1', 'V2']) {
    const file = join(folder, `${order}-${version}.parquet`);
    await database.run(`COPY (FROM ${from}) TO '${file}' (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION ${version})`);
    await mustHoldAll(file);
    bytes[`${order}${version}`] = statSync(file).size;
  }
}
database.closeSync();
answer({ bytes, content: { rows: rows.length, ...digestOfRows(rows) } });

async function mustHoldAll(file) {
  const different = `SELECT count(*) FROM ((FROM ledger EXCEPT ALL FROM '${file}') UNION ALL (FROM '${file}' EXCEPT ALL FROM ledger))`;
  const [[found]] = await (await database.runAndReadAll(different)).getRows();
  if (Number(found) !== 0) throw new Error(`${file} does not hold the rows that were written`);
}
