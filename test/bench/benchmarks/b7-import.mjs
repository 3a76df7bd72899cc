import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeCsv } from '../data/csv.mjs';
import { runRegulars, runSide } from '../harness/child.mjs';
import { alternate, mebibytes, median, mustEqual, progress } from '../harness/measure.mjs';
import { caughtUp, startPlatform, tiersOf } from '../harness/platform.mjs';

/** About twenty lines each, as in Online Retail. */
const RECEIPTS = 10_000;

export const title = 'CSV history imported, lines/s';
export const grows = false;

/** From the start of the command to its end, everything acknowledged by a running platform; csv-parse from start to end of its process. */
export async function run({ scale, runs, folder }) {
  const file = join(folder, 'history.csv');
  const { lines, expected } = await writeCsv(file, RECEIPTS * scale);
  progress(`B7: ${lines} lines`);
  const { ours, peer } = await alternate(runs, {
    ours: () => importOurs({ file, lines, expected, receipts: RECEIPTS * scale }, folder),
    peer: () => parseOnly(file, lines),
  });
  const rate = (results) => median(results.map(({ perSecond }) => perSecond));
  return {
    ours: rate(ours),
    peer: rate(peer),
    unit: 'lines/s',
    ratio: rate(ours) / rate(peer),
    goal: '>= 1',
    lines,
    receipts: RECEIPTS * scale,
    peakMemoryMiB: { ours: Math.max(...ours.map((result) => result.memoryMiB)), peer: Math.max(...peer.map((result) => result.memoryMiB)) },
  };
}

async function importOurs({ file, lines, expected, receipts }, folder) {
  const dataDir = join(folder, 'import');
  const platform = await startPlatform(dataDir);
  const keep = ['--state', join(dataDir, 'import-state.json'), '--rejected', join(dataDir, 'rejected.csv')];
  const started = performance.now();
  const text = await runRegulars(['import', file, '--mapping', 'online-retail', '--register-stores', '--data', dataDir, '--json', ...keep]);
  const seconds = (performance.now() - started) / 1000;
  const { linesInReceipts, accepted, quarantined, rejectedLines } = JSON.parse(text);
  mustEqual(
    'import summaries',
    { linesInReceipts, accepted, quarantined, rejectedLines },
    { linesInReceipts: lines, accepted: receipts, quarantined: 0, rejectedLines: 0 },
  );
  await caughtUp(platform);
  mustEqual('tiers', await tiersOf(platform), expected);
  const { peakMemoryBytes } = await platform.side.stop();
  await rm(dataDir, { recursive: true });
  return { perSecond: lines / seconds, memoryMiB: mebibytes(peakMemoryBytes) };
}

async function parseOnly(file, lines) {
  const started = performance.now();
  const parsed = await runSide('peer-csv-parse', { file });
  const seconds = (performance.now() - started) / 1000;
  mustEqual('lines', parsed.lines, lines);
  return { perSecond: lines / seconds, memoryMiB: mebibytes(parsed.peakMemoryBytes) };
}
