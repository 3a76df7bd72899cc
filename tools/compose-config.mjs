/**
 * Prints a Compose file as Compose understands it, as JSON; fails where it does not. Asks `docker compose config` where that command is
 * there, else the library it is made with, built with Go the first time.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, cacheEntry, isCached } from '../infra/engines/cache.mjs';
import { runToEnd } from '../infra/engines/processes.mjs';
import { requireTools } from '../infra/engines/requirements.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const recipe = join(root, 'infra', 'docker', 'compose-config');
const file = process.argv[2] ?? join(root, 'docker-compose.yml');

async function withoutDocker() {
  const recipeFiles = ['main.go', 'go.mod', 'go.sum'].map((name) => join(recipe, name));
  const entry = cacheEntry('compose-config', '2.4.9', recipeFiles);
  if (!isCached(entry)) requireTools(['go']);
  const folder = await cached(entry, console.error, async (into) => {
    const args = ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-o', join(into, 'compose-config'), '.'];
    await runToEnd('go', args, `${entry}.log`, { cwd: recipe, env: { ...process.env, CGO_ENABLED: '0' } });
  });
  return [join(folder, 'compose-config'), file];
}

try {
  const hasDocker = spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0;
  const [command, ...args] = hasDocker ? ['docker', 'compose', '-f', file, 'config', '--format', 'json'] : await withoutDocker();
  process.exitCode = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
