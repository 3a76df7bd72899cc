import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { missingForEngines, startEngines, stopEngines } from '../../../infra/engines/engines.mjs';
import { CannotRun, progress } from './measure.mjs';

/**
 * Starts real servers in a folder, does what is to be done with them, and stops them in every case, also where the benchmark is told to stop.
 *
 * @param {string} folder
 * @param {('kafka' | 'ferretdb')[]} only
 * @param {(settings: Record<string, string>) => Promise<T>} use gets the settings by which the services find them
 * @template T
 */
export async function withEngines(folder, only, use) {
  const missing = missingForEngines();
  if (missing.length > 0) throw new CannotRun(['This needs real servers, and the machine lacks:', ...missing].join('\n  '));
  const what = { directory: join(folder, 'engines'), only, say: progress };
  const stopAndEnd = () =>
    void stopEngines(what).finally(() => {
      rmSync(folder, { recursive: true, force: true });
      process.exit(130);
    });
  for (const signal of ['SIGINT', 'SIGTERM']) {
    // Whoever ended the process at once would leave the servers behind.
    process.removeAllListeners(signal);
    process.once(signal, stopAndEnd);
  }
  try {
    const started = await startEngines(what);
    return await use(Object.assign({}, ...started.map(({ settings }) => settings)));
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, stopAndEnd);
    await stopEngines(what);
  }
}
