/** Copies an event log into the peers' stores: all events into a plain SQLite table, the first so many into Emmett's. */
import Database from 'better-sqlite3';
import { getSQLiteEventStore } from '@event-driven-io/emmett-sqlite';
import embedded from '@regulars/adapter-embedded';
import { answer, options } from '../harness/side.mjs';

/** One stream holds so many events at Emmett's: enough for quick filling, no matter for reading all. */
const STREAM_EVENTS = 500;
const { eventLogDirectory, sqliteFile, emmettFile, emmettEvents } = options;

const log = await embedded.openEventLog({ directory: eventLogDirectory, clock: { now: () => Date.now() } });
const database = new Database(sqliteFile);
database.exec('PRAGMA journal_mode = WAL; CREATE TABLE events (position INTEGER PRIMARY KEY, event TEXT NOT NULL)');
const insert = database.prepare('INSERT INTO events (event) VALUES (?)');
const insertAll = database.transaction((events) => events.forEach((event) => insert.run(JSON.stringify(event))));
let count = 0;
const forEmmett = [];
for await (const events of log.readAll()) {
  insertAll(events);
  count += events.length;
  for (const { type, data, id } of events) if (forEmmett.length < emmettEvents) forEmmett.push({ type, data, metadata: { id } });
}
database.close();
await log.close();

const store = getSQLiteEventStore({ fileName: emmettFile, schema: { autoMigration: 'CreateOrUpdate' } });
for (let from = 0; from < forEmmett.length; from += STREAM_EVENTS) {
  await store.appendToStream(`events-${from}`, forEmmett.slice(from, from + STREAM_EVENTS));
}
answer({ events: count, emmettEvents: forEmmett.length });
