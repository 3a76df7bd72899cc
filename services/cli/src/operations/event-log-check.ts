import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runningUrl } from '../platform-access/connection';
import { progressBar } from '../terminal/progress-bar';
import { eventLogOf } from './data-directory';

/** What reading a whole event log found. */
export interface EventLogReport {
  readonly events: number;
  readonly streams: number;
  readonly bytes: number;
  readonly problems: readonly string[];
}

/** Reads the event log of a data directory nobody uses: checksums, chains, revisions. Damage is a problem in the report. */
export async function checkEventLog(directory: string): Promise<EventLogReport> {
  const { openEventLog } = await import('@regulars/adapter-embedded');
  const bar = progressBar('verifying');
  let log;
  try {
    log = await openEventLog({ directory: eventLogOf(directory), clock: { now: () => Date.now() } });
    return await log.verify(({ bytes, totalBytes }) => bar.update(bytes, totalBytes, 'event log'));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'LogDamaged') throw error;
    return { events: 0, streams: 0, bytes: 0, problems: [error.message] };
  } finally {
    bar.stop();
    await log?.close();
  }
}

/** The same for a directory that a platform may be using: then a copy is read. */
export async function checkLiveEventLog(directory: string): Promise<EventLogReport> {
  if ((await runningUrl(directory)) === undefined) return checkEventLog(directory);
  const { backupEventLog } = await import('@regulars/adapter-embedded');
  const copy = mkdtempSync(join(tmpdir(), 'regulars-verify-'));
  try {
    await backupEventLog(eventLogOf(directory), eventLogOf(copy));
    return await checkEventLog(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
