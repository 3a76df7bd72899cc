import { mkdirSync } from 'node:fs';
import type { EventStore } from '@regulars/ports';
import { openUnusedLog } from './export-log';

/** Where an exported log goes: an EventStoreDB, or a data directory (made where it is missing; ./data where none is named). */
export async function openImportTarget({
  data,
  eventStore,
}: {
  data?: string | undefined;
  eventStore?: string | undefined;
}): Promise<EventStore> {
  if (eventStore !== undefined) {
    const { openEventStoreDb } = await import('@regulars/adapter-eventstoredb');
    return openEventStoreDb({ connectionString: eventStore });
  }
  const directory = data ?? 'data';
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return openUnusedLog(directory);
}
