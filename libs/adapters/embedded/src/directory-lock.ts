import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';

/** A directory that belongs to this process. */
export interface DirectoryLock {
  /** Lets others have it. Safe to call twice. */
  release(): void;
}

/** Another process, or another part of this one, has the directory. */
export class DirectoryLocked extends Error {
  constructor(directory: string, options?: ErrorOptions) {
    super(`${directory} is in use by another process: stop that one first, or choose another directory`, options);
    this.name = 'DirectoryLocked';
  }
}

/**
 * Takes a directory for this process alone, making it where it is missing. The lock is an operating system's lock on
 * `lock.db` in it, so it goes with its owner however that one ends. Throws DirectoryLocked where somebody has it.
 */
export function lockDirectory(directory: string): DirectoryLock {
  mkdirSync(directory, { recursive: true });
  const database = new Database(join(directory, 'lock.db'), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { code?: unknown }).code === 'SQLITE_BUSY') throw new DirectoryLocked(directory, { cause: error });
    throw error;
  }
  let held = true;
  return {
    release: () => {
      if (held) database.close();
      held = false;
    },
  };
}
