/** Tiers from a table of JSON events: an ordered scan, JSON.parse, a Map, a sort and cuts. */
import Database from 'better-sqlite3';
import { digestOfRanking, PlainTiers } from '../data/tiers.mjs';
import { answer, options } from '../harness/side.mjs';

const { sqliteFile, eventsMax, asOf } = options;
const database = new Database(sqliteFile, { readonly: true });
const scan = database.prepare('SELECT event FROM events WHERE position <= ? ORDER BY position').pluck();

const started = performance.now();
const tiers = new PlainTiers();
let events = 0;
for (const text of scan.iterate(eventsMax)) {
  const { type, data } = JSON.parse(text);
  tiers.takeEvent(type, data);
  events++;
}
const ranking = tiers.ranking();
const seconds = (performance.now() - started) / 1000;

database.close();
answer({ seconds, events, tiers: digestOfRanking(ranking, asOf) });
