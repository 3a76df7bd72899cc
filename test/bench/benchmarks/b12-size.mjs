import { join } from 'node:path';
import { runSide } from '../harness/child.mjs';
import { mebibytes, mustEqual, progress } from '../harness/measure.mjs';

const RECEIPTS = 100_000;

export const title = 'bytes on disk per purchase in the compacted ledger';
export const grows = true;

/** Ratio: our bytes over those of the smallest Parquet file. Sizes are the same in every run, so one is enough. */
export async function run({ scale, folder }) {
  const count = RECEIPTS * scale;
  progress(`B12: ${count} purchases into a ledger`);
  const ours = await runSide('ours-ledger', { directory: join(folder, 'ledger'), count });
  progress('B12: the same rows into Parquet');
  const peer = await runSide('peer-parquet', { folder, count });
  const { customers, digest, rows } = ours.content;
  mustEqual(
    'ledger rows',
    { customers, digest, rows },
    { customers: peer.content.customers, digest: peer.content.digest, rows: peer.content.rows },
  );
  const smallest = Math.min(...Object.values(peer.bytes));
  const each = Object.fromEntries(Object.entries(peer.bytes).map(([name, bytes]) => [name, bytes / count]));
  return {
    ours: ours.bytes / count,
    peer: smallest / count,
    unit: 'bytes/purchase',
    ratio: ours.bytes / smallest,
    goal: '<= 1.2',
    parquet: each,
    rows,
    peakMemoryMiB: { ours: mebibytes(ours.peakMemoryBytes), peer: mebibytes(peer.peakMemoryBytes) },
    runs: 1,
  };
}
