import { compact } from './compaction';
import { customerMeasures } from './customer-measures';
import { digestOf } from './digest';
import { fold, type Selection, type Share } from './fold';
import { appendNames } from './names-file';
import { bandsOf } from '../ranking/bands';
import { distributionOf } from '../ranking/distribution';
import { firstIds } from '../ranking/ties';
import { valuesIn } from '../ranking/values';
import { fillCandidates, rank, type CountedCustomers } from './ranking';
import { rankingDigest } from './ranking-digest';
import { readSegment, writeSegment } from './segment-file';
import { addSums, type Sums } from './sums';

/** What the ledger's worker threads can do. Input and output are structured clones; big arrays lie in shared memory. */
export const workerTasks = {
  fold: ({ share, selection, sums }: { share: Share; selection: Selection; sums: Sums }) => fold(share, selection, sums),
  addSums,
  rank,
  rankingDigest,
  candidates: ({ sums, count, values, numbers }: { sums: Sums; count: CountedCustomers; values: Float64Array; numbers: Uint32Array }) =>
    fillCandidates(sums, count, values, numbers),
  distribution: ({ values }: { values: Float64Array }) => distributionOf(values),
  valuesIn: ({ values, buckets }: { values: Float64Array; buckets: readonly number[] }) => valuesIn(values, buckets),
  firstIds,
  bands: bandsOf,
  digest: digestOf,
  customer: customerMeasures,
  compact,
  writeSegment,
  readSegment,
  appendNames,
};

/** Name of a task. */
export type TaskName = keyof typeof workerTasks;
/** Input of a task. */
export type TaskInput<Name extends TaskName> = Parameters<(typeof workerTasks)[Name]>[0];
/** Output of a task. */
export type TaskOutput<Name extends TaskName> = Awaited<ReturnType<(typeof workerTasks)[Name]>>;

/** A request to a worker thread. */
export interface TaskRequest {
  readonly name: TaskName;
  readonly input: unknown;
}

/** The answer of a worker thread. Classes do not survive the way between threads, so damage is told apart by hand. */
export type TaskAnswer =
  | { readonly ok: true; readonly output: unknown }
  | { readonly ok: false; readonly error: unknown; readonly damaged?: { readonly file: string; readonly reason: string } | undefined };
