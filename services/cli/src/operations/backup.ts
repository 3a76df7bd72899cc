import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from '../failure';
import { command, shower, type GlobalOptions } from '../terminal/command';
import { progressBar } from '../terminal/progress-bar';
import { dataDirectory, eventLogOf, requireEmpty } from './data-directory';
import { checkEventLog } from './event-log-check';

const CONFIGURATION = 'regulars.yaml';

/** Copies an event log and the configuration beside it; the copy is a whole prefix of the log even while it grows. */
async function copyData(from: string, to: string): Promise<void> {
  requireEmpty(to);
  mkdirSync(to, { recursive: true, mode: 0o700 });
  const { backupEventLog } = await import('@regulars/adapter-embedded');
  const bar = progressBar('copying');
  try {
    await backupEventLog(eventLogOf(from), eventLogOf(to), ({ bytes, totalBytes }) => bar.update(bytes, totalBytes, 'event log'));
  } finally {
    bar.stop();
  }
  if (existsSync(join(from, CONFIGURATION))) copyFileSync(join(from, CONFIGURATION), join(to, CONFIGURATION));
}

/** `regulars backup` */
export const backupCommand = () =>
  command('backup', 'Copies the event log and the configuration, while the platform runs or stands still.', [
    'backup /backups/2026-03-01 --data ./data',
  ])
    .argument('<dir>', 'a new or empty directory')
    .action(async (to: string, _options: unknown, self) => {
      const options = self.optsWithGlobals() as GlobalOptions;
      const from = dataDirectory(options);
      await copyData(from, to);
      const report = await checkEventLog(to);
      const text = `${report.events.toLocaleString('en-GB')} events (${report.bytes} bytes) are in ${to}; the copy was read back.\nTokens are not in it. To restore: regulars restore ${to} --data DIR`;
      shower(options)({ directory: to, ...report }, report.problems.length > 0 ? report.problems.join('\n') : text);
      process.exitCode = report.problems.length > 0 ? exitCodes.checkFailed : exitCodes.ok;
    });

/** `regulars restore` */
export const restoreCommand = () =>
  command('restore', 'Makes a data directory from a backup.', ['restore /backups/2026-03-01 --data ./data'])
    .argument('<from>', 'the directory of the backup')
    .action(async (from: string, _options: unknown, self) => {
      const options = self.optsWithGlobals() as GlobalOptions;
      const to = options.data ?? 'data';
      dataDirectory({ data: from });
      await copyData(from, to);
      const report = await checkEventLog(to);
      const text = `${report.events.toLocaleString('en-GB')} events are in ${to}. Its projections are rebuilt from them at the next start: npm start -- --data ${to}\nA new administrator's token is made then; issue the tokens of tills and people again.`;
      shower(options)({ directory: to, ...report }, report.problems.length > 0 ? report.problems.join('\n') : text);
      process.exitCode = report.problems.length > 0 ? exitCodes.checkFailed : exitCodes.ok;
    });
