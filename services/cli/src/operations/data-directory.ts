import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, exitCodes } from '../failure';
import type { ConnectionOptions } from '../platform-access/connection';
import { localCluster } from '../platform-access/service-urls';

/** Where a data directory keeps its event log. */
export const eventLogOf = (directory: string) => join(directory, 'event-log');

/** The data directory a command works on: --data, or ./data. Throws CliError where there is none on this machine. */
export function dataDirectory(options: ConnectionOptions): string {
  const directory = options.data ?? 'data';
  if (localCluster(directory)) {
    throw new CliError(exitCodes.usage, 'The services have the event log', `${directory} belongs to a cluster.`, {
      whatToDo: `Name the data directory of its purchase process: --data ${join(directory, 'purchase-1')}; with EventStoreDB there is none.`,
    });
  }
  if (!existsSync(eventLogOf(directory))) {
    throw new CliError(exitCodes.usage, 'There is no event log', `${eventLogOf(directory)} does not exist.`, {
      whatToDo: 'Run this on the machine of the platform and name its data directory with --data DIR.',
    });
  }
  return directory;
}

/** Refuses a directory that holds anything. */
export function requireEmpty(directory: string): void {
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw new CliError(exitCodes.failed, 'The directory is not empty', directory, {
      whatToDo: 'Name a new or empty directory; nothing is overwritten.',
    });
  }
}
