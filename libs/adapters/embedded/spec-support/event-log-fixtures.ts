import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EventToAppend, fixedClock, type StoredEvent } from '@regulars/kernel';
import type { Append, ExpectedRevision } from '@regulars/ports';
import { type EventLog, type EventLogOptions, openEventLog } from '../src/event-log/event-log';

/** An append of events with these ids, each with a little text as data. */
export function appendOf(streamId: string, expected: ExpectedRevision, ...ids: readonly string[]): Append {
  const events = ids.map((id): EventToAppend => ({
    id,
    type: 'x.v1',
    occurredAt: '2026-01-01T00:00:00.000Z',
    correlationId: 'c',
    chain: 'k',
    data: { text: `of ${id}` },
  }));
  return { streamId, expected, events };
}

/** Opens a log with a clock that stands still. */
export function open(directory: string, options: Partial<EventLogOptions> = {}): Promise<EventLog> {
  return openEventLog({ directory, clock: fixedClock(Date.UTC(2026, 0, 1)), ...options });
}

/** Directories for one spec file; all are removed by `clear`. */
export class Directories {
  private readonly made: string[] = [];

  make(): string {
    const directory = mkdtempSync(join(tmpdir(), 'event-log-'));
    this.made.push(directory);
    return directory;
  }

  /** The files of a log as a crash at this moment would leave them: without what closing does. */
  crashed(from: string): string {
    const to = this.make();
    cpSync(from, to, { recursive: true, filter: (path) => !path.includes('lock.db') });
    return to;
  }

  clear(): void {
    for (const directory of this.made.splice(0)) rmSync(directory, { recursive: true, force: true });
  }
}

/** Writes these appends one after another, each a write of its own, and answers the files as a crash would then leave them. */
export async function crashedLog(
  directories: Directories,
  appends: readonly Append[],
  options: Partial<EventLogOptions> = {},
): Promise<string> {
  const directory = directories.make();
  const log = await open(directory, options);
  for (const append of appends) await log.append(append);
  const crashed = directories.crashed(directory);
  await log.close();
  return crashed;
}

/** Paths of the segments, in order. */
export function segmentPaths(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .sort()
    .map((name) => join(directory, name));
}

/** Changes a file's bytes. */
export function edit(path: string, change: (bytes: Buffer) => Buffer | void): void {
  const bytes = readFileSync(path);
  writeFileSync(path, change(bytes) ?? bytes);
}

/** All events of a log, in order. */
export async function everything(log: EventLog): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const batch of log.readAll()) events.push(...batch);
  return events;
}

/** Opens a log, answers the ids of all its events and what recovery did, and closes it. */
export async function reopened(directory: string, options: Partial<EventLogOptions> = {}) {
  const log = await open(directory, options);
  try {
    const report = await log.verify();
    if (report.problems.length > 0) throw new Error(report.problems.join('\n'));
    return { ids: (await everything(log)).map(({ id }) => id), recovery: log.recovery };
  } finally {
    await log.close();
  }
}
