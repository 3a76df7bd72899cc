/** What was started, in `engines.json` of the data directory: pid, ports, version and paths of each engine. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineFailure } from './failure.mjs';

const NAME = 'engines.json';

/** Records by the engine's name; none where nothing was ever started there. */
export function readState(directory) {
  try {
    return JSON.parse(readFileSync(join(directory, NAME), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw new EngineFailure(`${join(directory, NAME)} cannot be read: ${error.message}`);
  }
}

/** Replaces one engine's record; the file is whole at any moment. */
export function writeState(directory, name, record) {
  mkdirSync(directory, { recursive: true });
  const partial = join(directory, `${NAME}.${process.pid}`);
  writeFileSync(partial, `${JSON.stringify({ ...readState(directory), [name]: record }, undefined, 2)}\n`);
  renameSync(partial, join(directory, NAME));
}
