import { execFile, fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const REGULARS = fileURLToPath(new URL('../../../services/cli/bin/regulars.js', import.meta.url));

let profiles;

/** Lets every side of ours write CPU profiles, each to a folder of its own in the one given. */
export function profileInto(folder) {
  profiles = folder;
}

/** Options for V8's profiler. */
const profiling = (name) => (profiles ? ['--cpu-prof', `--cpu-prof-dir=${join(profiles, name)}`] : []);

/**
 * Starts one side of a benchmark in a process of its own, so that heaps do not mix and its peak memory can be told. It reports with
 * `ready` and `answer` of side.mjs.
 *
 * @param {string} name file in sides/ without its ending
 * @param {object} options handed to the side
 */
export async function startSide(name, options) {
  const script = fileURLToPath(new URL(`../sides/${name}.mjs`, import.meta.url));
  // The flag is the one `npm start` sets.
  const execArgv = name.startsWith('ours-') ? ['--max-semi-space-size=64', ...profiling(name)] : [];
  const child = fork(script, [JSON.stringify(options)], { execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  const message = () =>
    new Promise((resolve, reject) => {
      child.once('message', resolve);
      void ended.then(({ code, signal }) => reject(new Error(`${name} ended with ${signal ?? code} before it answered`)));
    });
  const first = await message();
  return {
    first,
    /** Ends it in order; resolves with its last word. */
    async stop() {
      const last = message();
      child.send('stop');
      const answer = await last;
      await ended;
      return answer;
    },
    /** Ends it as a power cut would. */
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    ended,
  };
}

/** Runs a side that answers once and ends; resolves with its answer. */
export async function runSide(name, options) {
  const side = await startSide(name, options);
  await side.ended;
  return side.first;
}

/** Runs the command line; resolves with its standard output. Throws where it ends with anything but 0. */
export async function runRegulars(args) {
  const { stdout } = await promisify(execFile)(process.execPath, [...profiling('regulars'), REGULARS, ...args], { maxBuffer: 1 << 24 });
  return stdout;
}
