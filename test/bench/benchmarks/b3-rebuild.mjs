import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { writeNdjson } from '../data/ndjson.mjs';
import { AS_OF } from '../data/receipts.mjs';
import { runSide } from '../harness/child.mjs';
import { alternate, mebibytes, median, mustEqual, progress } from '../harness/measure.mjs';
import { ingest, startWithStores } from '../harness/platform.mjs';

const RECEIPTS = 100_000;
/** Emmett takes so much longer that a part of the events must do; compared per event. */
const EMMETT_EVENTS = 5_000;

export const title = 'tiers rebuilt from the event log, events/s';
export const grows = true;

/** Ratio: the quicker peer's time for all events over ours. */
export async function run({ scale, runs, folder }) {
  const input = await writeNdjson(folder, 'receipts', { count: RECEIPTS * scale, connections: 4 });
  progress(`B3: filling an event log with ${input.items} receipts`);
  const dataDir = join(folder, 'log');
  const platform = await startWithStores(dataDir);
  await ingest(platform, input.files);
  await platform.side.stop();
  const eventLogDirectory = join(dataDir, 'event-log');
  const [sqliteFile, emmettFile] = [join(folder, 'events.db'), join(folder, 'emmett.db')];
  progress('B3: copying the events into the stores of the peers');
  const { events, emmettEvents } = await runSide('export-events', {
    eventLogDirectory,
    sqliteFile,
    emmettFile,
    emmettEvents: EMMETT_EVENTS,
  });

  const fold = (eventsMax) => runSide('peer-sqlite-fold', { sqliteFile, eventsMax, asOf: AS_OF });
  const part = await fold(emmettEvents);
  const results = await alternate(runs, {
    ours: async () => runSide('ours-rebuild', { eventLogDirectory, workDirectory: await mkdtemp(join(folder, 'rebuild-')), asOf: AS_OF }),
    sqlite: () => fold(events),
    emmett: () => runSide('peer-emmett-fold', { emmettFile, events: emmettEvents, asOf: AS_OF }),
  });
  for (const { tiers } of [...results.ours, ...results.sqlite]) mustEqual('tiers', tiers, input.expected);
  for (const { tiers } of results.emmett) mustEqual('tiers of the first events', tiers, part.tiers);

  const rate = (name, count) => count / median(results[name].map(({ seconds }) => seconds));
  const [ours, sqlite, emmett] = [rate('ours', events), rate('sqlite', events), rate('emmett', emmettEvents)];
  const memory = (name) => mebibytes(Math.max(...results[name].map(({ peakMemoryBytes }) => peakMemoryBytes)));
  return {
    ours,
    peer: Math.max(sqlite, emmett),
    unit: 'events/s',
    ratio: ours / Math.max(sqlite, emmett),
    goal: '>= 50',
    peers: {
      betterSqlite3: { perSecond: sqlite, ratio: ours / sqlite },
      emmett: { perSecond: emmett, ratio: ours / emmett, events: emmettEvents },
    },
    events,
    customers: input.expected.customers,
    microsecondsEach: 1e6 / ours,
    pyramidSeconds: median(results.ours.map(({ pyramidSeconds }) => pyramidSeconds)),
    peakMemoryMiB: { ours: memory('ours'), betterSqlite3: memory('sqlite') },
  };
}
