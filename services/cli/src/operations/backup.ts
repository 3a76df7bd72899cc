import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, exitCodes } from '../failure';
import { command, shower, type GlobalOptions } from '../terminal/command';
import { mebibytes } from '../terminal/table';
import { progressBar } from '../terminal/progress-bar';
import { dataDirectory, eventLogOf, requireEmpty } from './data-directory';

const CONFIGURATION = 'regulars.yaml';

interface Copied {
  readonly directory: string;
  readonly bytes: number;
  readonly streams: number;
  /** Bytes of a write that was under way, and so is not in the copy. */
  readonly leftOutBytes: number;
}

/** Copies an event log, checking every record, and the configuration beside it; the log may grow meanwhile. */
async function copyData(from: string, to: string): Promise<Copied> {
  requireEmpty(to);
  mkdirSync(to, { recursive: true, mode: 0o700 });
  const { backupEventLog, LogDamaged } = await import('@regulars/adapter-embedded');
  const bar = progressBar('copying');
  try {
    const report = await backupEventLog(eventLogOf(from), eventLogOf(to), ({ bytes, totalBytes }) =>
      bar.update(bytes, totalBytes, `${mebibytes(bytes)} of ${mebibytes(totalBytes)}`),
    );
    if (existsSync(join(from, CONFIGURATION))) copyFileSync(join(from, CONFIGURATION), join(to, CONFIGURATION));
    return { directory: to, ...report };
  } catch (error) {
    if (!(error instanceof LogDamaged)) throw error;
    throw new CliError(exitCodes.checkFailed, 'The event log is damaged', error.message, {
      whatToDo: 'Nothing was copied. Use an older backup.',
    });
  } finally {
    bar.stop();
  }
}

const copiedText = ({ directory, bytes, streams }: Copied) =>
  `${streams.toLocaleString('en-GB')} streams, ${mebibytes(bytes)}, are in ${directory}; every record of the copy was checked.`;

/** `regulars backup` */
export const backupCommand = () =>
  command('backup', 'Copies the event log and the configuration, while the platform runs or stands still.', [
    'backup /backups/2026-03-01 --data ./data',
  ])
    .argument('<dir>', 'a new or empty directory')
    .action(async (to: string, _options: unknown, self) => {
      const options = self.optsWithGlobals() as GlobalOptions;
      const copied = await copyData(dataDirectory(options), to);
      shower(options)(
        copied,
        `${copiedText(copied)}\nThe administrator's token is not in it; all other tokens are, as hashes. To restore: regulars restore ${to} --data DIR`,
      );
    });

/** `regulars restore` */
export const restoreCommand = () =>
  command('restore', 'Makes a data directory from a backup.', ['restore /backups/2026-03-01 --data ./data'])
    .argument('<from>', 'the directory of the backup')
    .action(async (from: string, _options: unknown, self) => {
      const options = self.optsWithGlobals() as GlobalOptions;
      const to = options.data ?? 'data';
      const copied = await copyData(dataDirectory({ data: from }), to);
      const text = [
        copiedText(copied),
        `Projections are rebuilt from them at the next start, and a new administrator's token is made: npm start -- --data ${to}`,
      ].join('\n');
      shower(options)(copied, text);
    });
