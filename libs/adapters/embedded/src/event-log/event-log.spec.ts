import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixedClock } from '@regulars/kernel';
import { eventStoreContract } from '@regulars/port-contracts';
import type { EventStore } from '@regulars/ports';
import { type EventLog, type EventLogOptions, openEventLog } from './event-log';

/** Runs the contract on logs that are opened with these options. */
function contractOf(name: string, options: Partial<EventLogOptions>): void {
  const opened = new Map<EventStore, string>();
  const open = async (directory: string): Promise<EventLog> => {
    const log = await openEventLog({ directory, clock: fixedClock(Date.UTC(2026, 0, 1)), ...options });
    opened.set(log, directory);
    return log;
  };
  eventStoreContract({
    name,
    create: () => open(mkdtempSync(join(tmpdir(), 'event-log-'))),
    reopen: async (store) => {
      await store.close();
      return open(opened.get(store) as string);
    },
    dispose: async (store) => {
      await store.close();
      rmSync(opened.get(store) as string, { recursive: true });
    },
  });
}

contractOf('The embedded event log', {});
contractOf('The embedded event log with a file a write, two events in memory and colliding hashes', {
  segmentBytesMax: 1,
  ringEventsMax: 2,
  hash: (_, out) => out.fill(7),
});
