import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeNdjson } from '../data/ndjson.mjs';
import { startSide } from '../harness/child.mjs';
import { sendStreams } from '../harness/client.mjs';
import { alternate, mebibytes, median, mustEqual, progress } from '../harness/measure.mjs';
import { caughtUp, ingest, mustHold, startWithStores } from '../harness/platform.mjs';

const RECEIPTS = 100_000;
const CONNECTIONS = 4;

export const title = 'durable ingest over HTTP NDJSON, receipts/s';
export const grows = true;

/** From the first byte sent to the last result line in; the platform projects meanwhile, the floor program only stores. */
export async function run({ scale, runs, folder }) {
  progress(`B6: writing ${RECEIPTS * scale} receipts`);
  const input = await writeNdjson(folder, 'receipts', { count: RECEIPTS * scale, connections: CONNECTIONS });
  const { ours, peer } = await alternate(runs, { ours: () => ingestOurs(input, folder), peer: () => ingestFloor(input, folder) });
  const rate = (results) => median(results.map(({ perSecond }) => perSecond));
  const cpuEach = (results) => (1e6 * median(results.map(({ cpuSeconds }) => cpuSeconds))) / input.items;
  return {
    ours: rate(ours),
    peer: rate(peer),
    unit: 'receipts/s',
    ratio: rate(ours) / rate(peer),
    goal: '>= 0.7',
    receipts: input.items,
    microsecondsEach: 1e6 / rate(ours),
    cpuMicrosecondsEach: { ours: cpuEach(ours), peer: cpuEach(peer) },
    catchUpSeconds: median(ours.map((result) => result.catchUpSeconds)),
    peakMemoryMiB: { ours: Math.max(...ours.map((result) => result.memoryMiB)), peer: Math.max(...peer.map((result) => result.memoryMiB)) },
  };
}

async function ingestOurs(input, folder) {
  const dataDir = join(folder, 'ingest');
  const platform = await startWithStores(dataDir);
  const { seconds, results, accepted } = await ingest(platform, input.files);
  const catchUpSeconds = await caughtUp(platform);
  mustEqual('result lines', { results, accepted }, { results: input.items, accepted: input.items });
  await mustHold(platform, input);
  const { peakMemoryBytes, cpuSeconds } = await platform.side.stop();
  await rm(dataDir, { recursive: true });
  return { perSecond: input.items / seconds, catchUpSeconds, cpuSeconds, memoryMiB: mebibytes(peakMemoryBytes) };
}

async function ingestFloor(input, folder) {
  const file = join(folder, 'floor.ndjson');
  const side = await startSide('peer-floor', { file });
  const { seconds, results, accepted } = await sendStreams({ url: side.first.url, path: '/', files: input.files });
  const { bytes, peakMemoryBytes, cpuSeconds } = await side.stop();
  mustEqual('result lines', { results, accepted, bytes }, { results: input.items, accepted: input.items, bytes: input.bytes });
  await rm(file);
  return { perSecond: input.items / seconds, cpuSeconds, memoryMiB: mebibytes(peakMemoryBytes) };
}
