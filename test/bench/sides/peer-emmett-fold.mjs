/** The same fold by a consumer of Emmett over its SQLite store. */
import { getSQLiteEventStore } from '@event-driven-io/emmett-sqlite';
import { digestOfRanking, PlainTiers } from '../data/tiers.mjs';
import { answer, options } from '../harness/side.mjs';

const BATCH = 1_000;
const { emmettFile, events: wanted, asOf } = options;
const store = getSQLiteEventStore({ fileName: emmettFile, schema: { autoMigration: 'None' } });
const tiers = new PlainTiers();
let events = 0;

const started = performance.now();
const consumer = store.consumer({ pulling: { batchSize: BATCH, pullingFrequencyInMs: 1 } });
consumer.processor({
  processorId: `fold-${process.pid}`,
  startFrom: 'BEGINNING',
  stopAfter: () => events >= wanted,
  eachMessage: ({ type, data }) => {
    tiers.takeEvent(type, data);
    events++;
  },
});
await consumer.start();
const ranking = tiers.ranking();
const seconds = (performance.now() - started) / 1000;

await consumer.close();
answer({ seconds, events, tiers: digestOfRanking(ranking, asOf) });
