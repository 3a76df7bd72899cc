import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { closeFile, openFile, syncDirectory, syncFile } from './files';
import { LogDamaged } from './log-damaged';
import { recover } from './recovery';
import { listSegments } from './segments';

/** How far a copy is; bytes of the log. */
export interface BackupProgress {
  readonly bytes: number;
  readonly totalBytes: number;
}

/** What a backup contains. */
export interface BackupReport {
  readonly bytes: number;
  readonly streams: number;
  /** Bytes at the end that were left out: of a write that was under way. */
  readonly leftOutBytes: number;
}

/**
 * Copies a log, which another process may be writing, up to its last whole append, and checks every record of the copy. The
 * target must not exist or be empty, and appears only when it is complete. Restoring is the same the other way. Throws LogDamaged where the
 * source is, Error where there is no log or the target is in use.
 */
export async function backupEventLog(
  fromDirectory: string,
  toDirectory: string,
  onProgress?: (progress: BackupProgress) => void,
): Promise<BackupReport> {
  const segments = await listSegments(fromDirectory);
  if (segments.length === 0) throw new Error(`There is no event log in ${fromDirectory}`);
  await refuseInUse(toDirectory);
  const partial = `${toDirectory}.partial`;
  await mkdir(dirname(toDirectory), { recursive: true });
  await mkdir(partial).catch((error: unknown) => {
    throw new Error(`${partial} is there already: it is left from a backup that did not finish, or another one is running`, {
      cause: error,
    });
  });
  try {
    const totalBytes = segments.reduce((sum, { size }) => sum + size, 0);
    let bytes = 0;
    for (const { path, size } of segments) {
      await copyDurably(path, join(partial, basename(path)));
      bytes += size;
      onProgress?.({ bytes, totalBytes });
    }
    const report = await wholeAppends(partial, fromDirectory);
    await syncDirectory(partial);
    await rmdir(toDirectory).catch(() => undefined);
    await rename(partial, toDirectory);
    await syncDirectory(dirname(toDirectory));
    return report;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

async function refuseInUse(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  if (names.length > 0) throw new Error(`${directory} is not empty: choose a new directory`);
}

async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  const fd = await openFile(to, 'r+');
  try {
    await syncFile(fd);
  } finally {
    await closeFile(fd);
  }
}

/** Cuts the copy behind its last whole append: the source may have been in the middle of a write. What is cut was not durable there. */
async function wholeAppends(directory: string, source: string): Promise<BackupReport> {
  try {
    const { segments, heads, recovery } = await recover(directory);
    segments.close();
    await rm(join(directory, 'cut'), { recursive: true, force: true });
    return { bytes: segments.end, streams: heads.count, leftOutBytes: recovery.cutBytes };
  } catch (error) {
    if (!(error instanceof LogDamaged)) throw error;
    throw new LogDamaged(join(source, basename(error.file)), error.offset, `${error.reason} (nothing was backed up)`);
  }
}
