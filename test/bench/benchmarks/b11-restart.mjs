import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeNdjson } from '../data/ndjson.mjs';
import { AS_OF } from '../data/receipts.mjs';
import { runSide } from '../harness/child.mjs';
import { waitFor } from '../harness/client.mjs';
import { alternate, Disagreement, median, mustEqual, progress } from '../harness/measure.mjs';
import { caughtUp, ingest, startPlatform, startWithStores, tiersOf } from '../harness/platform.mjs';

const RECEIPTS = 200_000;
const CONNECTIONS = 4;
/** So much is in and settled when the last delivery begins, in the middle of which the platform is killed. */
const SETTLED = 0.95;
const CORRECT_WITHIN_SECONDS = 600;

export const title = 'SIGKILL to the first correct answer, seconds';
export const grows = false;

/** Both sides start on copies of what the killed platform left; the full rebuild has the event log only. */
export async function run({ scale, runs, folder }) {
  const killed = join(folder, 'killed');
  const acknowledged = await killedWhileIngesting(killed, RECEIPTS * scale, folder);
  const reference = join(folder, 'reference');
  await cp(join(killed, 'event-log'), reference, { recursive: true });
  const { events, receipts, expected } = await runSide('expected-from-log', { eventLogDirectory: reference, asOf: AS_OF });
  if (receipts < acknowledged) throw new Disagreement(`${acknowledged} receipts were acknowledged, ${receipts} are in the event log`);

  const { ours, peer } = await alternate(runs, {
    ours: () => untilCorrect(killed, join(folder, 'restarted'), expected, []),
    peer: () =>
      untilCorrect(killed, join(folder, 'rebuilt'), expected, ['ledger', 'read-models.db', 'read-models.db-wal', 'read-models.db-shm']),
  });
  const seconds = (results) => median(results.map((result) => result.seconds));
  return {
    ours: seconds(ours),
    peer: seconds(peer),
    unit: 's',
    ratio: seconds(ours) / seconds(peer),
    goal: '<= 0.05',
    events,
    acknowledged,
    stored: receipts,
    readySeconds: { ours: median(ours.map((result) => result.readySeconds)), peer: median(peer.map((result) => result.readySeconds)) },
  };
}

/** Fills a platform, then kills it in the middle of a delivery; resolves with the receipts it had acknowledged. */
async function killedWhileIngesting(dataDir, count, folder) {
  const middle = Math.floor(count * SETTLED);
  const before = await writeNdjson(folder, 'before', { count, connections: CONNECTIONS, to: middle });
  const last = await writeNdjson(folder, 'last', { count, connections: CONNECTIONS, from: middle });
  progress(`B11: filling a platform with ${before.items} receipts`);
  const first = await startWithStores(dataDir);
  await ingest(first, before.files);
  await caughtUp(first);
  await first.side.stop();

  progress(`B11: killing it while ${last.items} more come in`);
  const platform = await startPlatform(dataDir);
  let results = 0;
  let kill;
  const onResults = (sum) => {
    results = sum;
    if (sum > last.items / 2) kill ??= platform.side.kill();
  };
  const outcome = await ingest(platform, last.files, onResults).catch(() => 'cut off');
  if (outcome !== 'cut off') throw new Error('everything was answered before the platform could be killed: use more data');
  await kill;
  return before.items + results;
}

/** Seconds from the start of the process to the first answer that is ready and right; and to readiness alone. */
async function untilCorrect(killed, dataDir, expected, removed) {
  await cp(killed, dataDir, { recursive: true });
  for (const name of removed) await rm(join(dataDir, name), { recursive: true, force: true });
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const platform = await startPlatform(dataDir);
  const isReady = async () => (await fetch(new URL('/health/ready', platform.url))).ok;
  await waitFor(isReady, (ok) => ok, CORRECT_WITHIN_SECONDS, 5);
  const readySeconds = elapsed();
  const tiers = await waitFor(
    () => tiersOf(platform),
    ({ digest }) => digest === expected.digest,
    CORRECT_WITHIN_SECONDS,
    5,
  );
  const seconds = elapsed();
  mustEqual('tiers', tiers, expected);
  await platform.side.kill();
  await rm(dataDir, { recursive: true });
  return { seconds, readySeconds };
}
