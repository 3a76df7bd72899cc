/** What was downloaded or built once is kept by name and content, apart from any data directory. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { underLock } from './lock.mjs';

const BUILD_SECONDS_MAX = 900;

/** The cache directory: `$XDG_CACHE_HOME/regulars/engines`, or the same below `~/.cache`. */
export function cacheDirectory() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'regulars', 'engines');
}

/** Name of a cache entry: another version, recipe, system or processor is another entry. */
export function cacheEntry(name, version, recipeFiles) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of recipeFiles) hash.update(readFileSync(file));
  return join(cacheDirectory(), `${name}-${version}-${hash.digest('hex').slice(0, 12)}`);
}

/** Whether an entry is there; it is either whole or not there at all. */
export const isCached = (entry) => existsSync(entry);

/**
 * The folder of the entry, made by `make(folder)` where it is not there. It is made under another name and renamed when it is whole; of
 * two processes at once one makes it and the other waits.
 */
export async function cached(entry, say, make) {
  if (isCached(entry)) return entry;
  await underLock(`${entry}.lock`, BUILD_SECONDS_MAX, say, async () => {
    if (isCached(entry)) return;
    for (const name of readdirSync(cacheDirectory())) {
      const path = join(cacheDirectory(), name);
      if (path.startsWith(`${entry}.partial`)) rmSync(path, { recursive: true, force: true });
    }
    const partial = `${entry}.partial-${process.pid}`;
    mkdirSync(partial, { recursive: true });
    await make(partial);
    renameSync(partial, entry);
  });
  return entry;
}
