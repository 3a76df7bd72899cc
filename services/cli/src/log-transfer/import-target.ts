import { existsSync, mkdirSync } from 'node:fs';
import type { EventStore } from '@regulars/ports';
import { CliError, exitCodes } from '../failure';
import { localCluster } from '../platform-access/service-urls';
import { openUnusedLog } from './export-log';

/** Where an import goes. */
export interface ImportTarget {
  readonly data?: string | undefined;
  /** Connection string of an EventStoreDB. */
  readonly eventStore?: string | undefined;
  /** PEM file of the authority that signed its certificate. */
  readonly eventStoreCa?: string | undefined;
}

/**
 * Where an exported log goes: an EventStoreDB, or a data directory (made where it is missing; ./data where none is named). Throws CliError,
 * saying what to do, where it cannot be used; a connection string, which may hold a password, is not repeated.
 */
export async function openImportTarget({ data, eventStore, eventStoreCa }: ImportTarget): Promise<EventStore> {
  if (eventStore !== undefined) return openServer(eventStore, eventStoreCa);
  if (eventStoreCa !== undefined) {
    throw new CliError(exitCodes.usage, 'Certificates of what?', '--event-store-ca is given, and --event-store is not.');
  }
  const directory = data ?? 'data';
  if (localCluster(directory)) {
    throw new CliError(exitCodes.usage, 'A cluster runs on this directory', directory, {
      whatToDo: 'Stop it, and name the directory of its purchase process.',
    });
  }
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return openUnusedLog(directory);
}

async function openServer(connectionString: string, tlsCaFile: string | undefined): Promise<EventStore> {
  if (tlsCaFile !== undefined && !existsSync(tlsCaFile)) {
    throw new CliError(exitCodes.usage, 'There is no such file of certificates', tlsCaFile);
  }
  const { openEventStoreDb } = await import('@regulars/adapter-eventstoredb');
  try {
    return await openEventStoreDb({ connectionString, tlsCaFile });
  } catch (error) {
    throw asTold(error);
  }
}

function asTold(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'StoreUnavailable') {
    return new CliError(exitCodes.unreachable, 'EventStoreDB cannot be used', error.message, {
      whatToDo: 'Nothing was imported. Import again then.',
    });
  }
  if (error.name !== 'BadConnectionString' && !(error instanceof RangeError)) return error;
  return new CliError(exitCodes.usage, 'EventStoreDB cannot be connected to', error.message, {
    whatToDo: "Write it in quotes, such as 'esdb://NAME:PASSWORD@host:2113'; or 'esdb://host:2113?tls=false' without TLS and login.",
  });
}
