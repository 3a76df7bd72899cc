/** Brings node_modules in line with package-lock.json, and does nothing where it already is. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const NODE_LEAST = [20, 19];

/** Ends the process with a message a newcomer can act on when this Node is too old. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_LEAST[0] || (major === NODE_LEAST[0] && minor >= NODE_LEAST[1])) return;
  console.error(`Regulars needs Node ${NODE_LEAST.join('.')} or newer; this is ${process.versions.node}. See https://nodejs.org/`);
  process.exit(1);
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** True when npm's own record of what lies in node_modules has everything the lockfile asks of this machine. */
function installed(kind, lock, folder) {
  const present = readJson(join(folder, 'node_modules', '.package-lock.json'))?.packages;
  if (!present) return false;
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (!path.startsWith('node_modules/')) return true;
    if (wanted.optional || wanted.devOptional || (wanted.dev && kind === 'prod')) return true;
    return present[path] !== undefined && present[path].version === wanted.version;
  });
}

/** npm as it was started, or the one on the PATH; on Windows that one is a script which only a shell runs. */
function npm(args, folder) {
  const cli = process.env.npm_execpath;
  const options = { cwd: folder, stdio: ['ignore', process.stderr, process.stderr] };
  return cli && basename(cli) === 'npm-cli.js'
    ? spawnSync(process.execPath, [cli, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
}

/**
 * Installs exactly what the lockfile says: `prod` what the platform runs on, `full` what tests and checks need as well.
 * A marker inside node_modules, which npm removes with everything else when it starts, makes the second call free.
 */
export function ensureInstalled(kind, folder = root) {
  const lockText = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  const markerFile = join(folder, 'node_modules', '.regulars-install.json');
  const hash = createHash('sha256').update(lockText).digest('hex');
  const marker = readJson(markerFile);
  if (marker?.hash === hash && (marker.kind === kind || marker.kind === 'full')) return;
  const lock = JSON.parse(lockText);
  const present = ['full', 'prod'].find((candidate) => installed(candidate, lock, folder));
  if (present !== 'full' && present !== kind) {
    const what = kind === 'prod' ? 'what the platform needs' : 'what tests and checks need';
    console.error(`Installing ${what} (once; later starts skip this) …`);
    const omit = kind === 'prod' ? ['--omit=dev'] : ['--include=dev'];
    const result = npm(['ci', ...omit, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], folder);
    if (result.status !== 0 || !existsSync(join(folder, 'node_modules'))) {
      console.error('The installation failed. Check the network and the npm registry (npm ping), then start again.');
      process.exit(1);
    }
  }
  const now = present === 'full' ? 'full' : kind;
  writeFileSync(markerFile, JSON.stringify({ hash, kind: now }));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  requireNode();
  ensureInstalled(process.argv[2] === 'prod' ? 'prod' : 'full');
}
