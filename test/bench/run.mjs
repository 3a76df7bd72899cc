/** `npm run bench -- B6`: installs and compiles what is missing, runs a benchmark, prints one JSON line last. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureInstalled, requireNode } from '../../tools/install.mjs';
import { profileInto } from './harness/child.mjs';
import { CannotRun, Disagreement, printResult, progress } from './harness/measure.mjs';
import { topCosts } from './harness/top-costs.mjs';

const here = dirname(fileURLToPath(import.meta.url));
/** Growth is looked at over these multiples of the scale. */
const GROWTH = [1, 4, 16];
const modules = Object.fromEntries(
  readdirSync(join(here, 'benchmarks'))
    .filter((name) => name.endsWith('.mjs'))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => [name.split('-')[0].toUpperCase(), join(here, 'benchmarks', name)]),
);
const HELP = `Benchmarks against named peers, side by side on this machine.

  npm run bench -- NAME… [OPTIONS]      NAME: ${Object.keys(modules).join(', ')} or all (that begin with B)

  --scale N      multiple of the data (default 1)
  --runs N       runs of each side, in turn (default 5)
  --growth       at 1, 4 and 16 times the scale, one after the other, where that is of interest (B3, B6, B10, B12)
  --work DIR     where data are written (default: a new folder in ${tmpdir()}); a real disk, or durability costs nothing
  --profile DIR  CPU profiles of the platform's side go there, and its top costs to standard error
  --help         this text

The last line on standard output of each benchmark is its result as JSON. Exit code 1: the two sides disagree.
`;

/** The packages of the peers; those that are compiled on the spot take some minutes, once. */
function installPeers() {
  ensureInstalled('prod', here);
  const native = ['better-sqlite3', 'sqlite3'].filter((name) => !existsSync(join(here, 'node_modules', name, 'build', 'Release')));
  if (native.length === 0) return;
  progress(`Compiling ${native.join(' and ')} (once, some minutes) …`);
  const { status } = spawnSync('npm', ['rebuild', ...native, '--build-from-source'], { cwd: here, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) progress('That failed: B3 needs them, the other benchmarks do not. A C++ compiler, Python and make are needed.');
}

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      scale: { type: 'string', default: '1' },
      runs: { type: 'string', default: '5' },
      growth: { type: 'boolean', default: false },
      work: { type: 'string', default: tmpdir() },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const names = positionals.flatMap((name) =>
    name === 'all' ? Object.keys(modules).filter((one) => /^B\d/.test(one)) : [name.toUpperCase()],
  );
  const unknown = names.find((name) => !(name in modules));
  const [scale, runs] = [Number(values.scale), Number(values.runs)];
  const bad = unknown
    ? `There is no benchmark ${unknown}.`
    : !(scale > 0) || !(runs >= 1)
      ? '--scale and --runs are positive numbers.'
      : undefined;
  if (bad) progress(bad);
  if (values.help || bad || names.length === 0) {
    process.stdout.write(HELP);
    process.exit(values.help ? 0 : 2);
  }
  return { ...values, names, scale, runs };
}

async function runAt(name, scale, { runs, work }) {
  const benchmark = await import(modules[name]);
  mkdirSync(work, { recursive: true });
  const folder = mkdtempSync(join(resolve(work), 'regulars-bench-'));
  const interrupted = () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  };
  process.once('SIGINT', interrupted);
  try {
    return { bench: name, title: benchmark.title, scale, runs, ...(await benchmark.run({ scale, runs, folder })) };
  } finally {
    process.off('SIGINT', interrupted);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One result a size, then the largest again with how the others compare: a constant cost for each event means constant `ours`. */
async function runGrowth(name, options) {
  const results = [];
  for (const multiple of GROWTH) {
    results.push(await runAt(name, multiple * options.scale, options));
    printResult(results.at(-1));
  }
  const growth = results.map(({ scale, ours, ratio, peakMemoryMiB }) => ({ scale, ours, ratio, peakMemoryMiB }));
  printResult({ ...results.at(-1), growth });
}

async function main() {
  requireNode();
  const options = readOptions();
  ensureInstalled('prod');
  installPeers();
  const { build } = await import('../../tools/build.mjs');
  build();
  if (options.profile) profileInto(resolve(options.profile));
  for (const name of options.names) {
    const { grows } = await import(modules[name]);
    if (options.growth && grows) await runGrowth(name, options);
    else printResult(await runAt(name, options.scale, options));
  }
  if (options.profile) progress(topCosts(resolve(options.profile)));
}

main().catch((error) => {
  const disagree = error instanceof Disagreement ? `The two sides disagree; there is nothing to compare. ${error.message}` : undefined;
  progress(disagree ?? (error instanceof CannotRun ? error.message : error.stack));
  process.exit(1);
});
