import { availableParallelism } from 'node:os';

/** Says on standard error how far it is; standard output is for the result alone. */
export function progress(text) {
  process.stderr.write(`${text}\n`);
}

/** The middle value. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Runs the sides in turn, so that whatever else the machine does hits all of them; the one that begins changes from run to run.
 *
 * @param {number} runs
 * @param {Record<string, () => Promise<T>>} sides
 * @returns {Promise<Record<string, T[]>>}
 * @template T
 */
export async function alternate(runs, sides) {
  const names = Object.keys(sides);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let run = 0; run < runs; run++) {
    for (const name of run % 2 === 0 ? names : [...names].reverse()) {
      const result = await sides[name]();
      results[name].push(result);
      progress(`  run ${run + 1} of ${runs}, ${name}: ${JSON.stringify(result)}`);
    }
  }
  return results;
}

/** The two sides did not compute the same: there is nothing to compare. */
export class Disagreement extends Error {}

/** Something the benchmark needs is not on this machine. */
export class CannotRun extends Error {}

/** Throws Disagreement where two results differ. */
export function mustEqual(what, ours, theirs) {
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return;
  throw new Disagreement(`${what} differ:\n  ours  ${JSON.stringify(ours)}\n  peer  ${JSON.stringify(theirs)}`);
}

/** Prints a benchmark's one line: the last on standard output. Numbers are rounded to four significant digits. */
export function printResult(result) {
  const short = (_, value) => (typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value);
  process.stdout.write(`${JSON.stringify({ ...result, cores: availableParallelism() }, short)}\n`);
}

/** Bytes as whole MiB. */
export const mebibytes = (bytes) => Math.round(bytes / 1024 / 1024);
