import type { EventLog } from '@regulars/adapter-embedded';
import type { StoredEvent } from '@regulars/kernel';
import { CliError, exitCodes } from '../failure';
import { dataDirectory, eventLogOf } from '../operations/data-directory';
import { command, type GlobalOptions, shower } from '../terminal/command';
import { progressBar } from '../terminal/progress-bar';
import { mebibytes } from '../terminal/table';
import { writeLogFile } from './log-file';
import { toTransfer, type TransferredEvent } from './transferred-event';

/** Opens the event log of a directory that no platform is using. Throws CliError where one is. */
export async function openUnusedLog(directory: string): Promise<EventLog> {
  const { openEventLog } = await import('@regulars/adapter-embedded');
  try {
    return await openEventLog({ directory: eventLogOf(directory), clock: { now: () => Date.now() } });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'DirectoryLocked') throw error;
    throw new CliError(exitCodes.failed, 'The event log is in use', directory, {
      whatToDo: 'Stop the platform first; or export from a copy: `regulars backup COPY`, then `regulars export-log FILE --data COPY`.',
    });
  }
}

async function* exported(log: EventLog, onEvents: (last: StoredEvent) => void): AsyncGenerator<readonly TransferredEvent[]> {
  for await (const batch of log.readAll()) {
    yield batch.map(toTransfer);
    const last = batch.at(-1);
    if (last) onEvents(last);
  }
}

async function firstChain(log: EventLog): Promise<string> {
  for await (const [event] of log.readAll(undefined, 1)) if (event) return event.chain;
  throw new CliError(exitCodes.failed, 'The event log is empty', undefined, { whatToDo: 'There is nothing to export.' });
}

/** `regulars export-log` */
export const exportLogCommand = () =>
  command('export-log', 'Writes the whole event log to one file, to be imported elsewhere.', ['export-log chain.ndjson.gz --data ./data'])
    .argument('<file>', 'a new file; compressed where its name ends with .gz')
    .action(async (file: string, _options: unknown, self) => {
      const options = self.optsWithGlobals() as GlobalOptions;
      const log = await openUnusedLog(dataDirectory(options));
      const bar = progressBar('exporting');
      try {
        const { bytes } = log.stats();
        const facts = await writeLogFile(
          file,
          await firstChain(log),
          exported(log, ({ position }) => bar.update(Number(position), bytes, `${mebibytes(Number(position))} of ${mebibytes(bytes)}`)),
        );
        shower(options)(
          { file, ...facts },
          `${facts.events.toLocaleString('en-GB')} events of chain ${facts.chain} are in ${file}, digest ${facts.digest}.`,
        );
      } finally {
        bar.stop();
        await log.close();
      }
    });
