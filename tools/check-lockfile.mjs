/**
 * Fails when package-lock.json lacks an optional package that some platform needs: npm leaves out what the registry could not
 * deliver on the day the lockfile was made, and `npm ci` then fails, or the binary is missing, on other people's machines.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..', 'package-lock.json');
const { packages } = JSON.parse(readFileSync(file, 'utf8'));

/** The lockfile's entry for a dependency as Node would find it from a package's folder: nearest node_modules first. */
function entryFor(dependency, from) {
  for (let folder = from; ;) {
    const entry = packages[`${folder ? `${folder}/` : ''}node_modules/${dependency}`];
    if (entry || !folder) return entry;
    folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0));
  }
}

let checked = 0;
const missing = [];
for (const [path, { optionalDependencies = {} }] of Object.entries(packages)) {
  for (const [dependency, range] of Object.entries(optionalDependencies)) {
    checked++;
    const entry = entryFor(dependency, path);
    const pinned = /^\d+\.\d+\.\d+/.test(range);
    if (!entry?.integrity || (pinned && entry.version !== range)) missing.push(`${path} wants ${dependency}@${range}`);
  }
}
const hosts = new Set(Object.values(packages).flatMap(({ resolved }) => (resolved?.startsWith('http') ? [new URL(resolved).host] : [])));
for (const host of hosts) if (host !== 'registry.npmjs.org') missing.push(`packages are resolved from ${host}, which others may not reach`);

for (const line of missing) console.error(line);
console.log(`${checked} optional packages checked, ${missing.length} problems`);
process.exitCode = missing.length > 0 ? 1 : 0;
