import { InvalidArgumentError } from 'commander';
import { CliError, exitCodes, type ExitCode } from '../failure';
import type { ApiClient } from '../platform-access/api-client';
import { connect } from '../platform-access/connection';
import { command, remark, shower, type GlobalOptions } from '../terminal/command';
import { progressBar } from '../terminal/progress-bar';
import { importFile } from './import-file';
import { loadMapping, type LoadedMapping } from './mapping/load-mapping';
import type { Mapping } from './mapping/mapping-schema';
import { summaryText, type ImportSummary } from './progress/summary';

const DRY_RUN_SHOWN = 20;

interface ImportOptions extends GlobalOptions {
  readonly mapping: string;
  readonly dryRun?: boolean;
  readonly registerStores?: boolean;
  readonly concurrency: number;
  readonly restart?: boolean;
  readonly state?: string;
  readonly rejected?: string;
}

/** `regulars import` */
export const importCommand = () =>
  command('import', 'Imports purchases from CSV or CSV.gz, as a mapping says; goes on where an earlier run stopped.', [
    'import sales-2025.csv.gz --mapping my-chain.yaml --dry-run',
    'import online_retail.csv.gz --mapping online-retail --register-stores',
  ])
    .argument('<files...>', 'CSV files, compressed or not')
    .requiredOption('--mapping <name|file>', 'a mapping file, or the name of one that ships')
    .option('--dry-run', 'read, map and check everything; send nothing')
    .option('--register-stores', 'first register the stores that the mapping lists')
    .option('--concurrency <number>', 'requests at a time', atLeastOne, 1)
    .option('--restart', 'forget the progress of an earlier run; what was taken before counts as duplicate')
    .option('--state <file>', 'where to keep the progress (default: FILE.import-state.json)')
    .option('--rejected <file>', 'where to write what is not taken (default: FILE.rejected.csv)')
    .action(async (files: string[], _options: unknown, self) => {
      const options = self.optsWithGlobals() as ImportOptions;
      if (files.length > 1 && (options.state ?? options.rejected) !== undefined) {
        throw new CliError(exitCodes.usage, '--state and --rejected go with one file', undefined, {
          whatToDo: 'Import the files one by one.',
        });
      }
      process.exitCode = await importAll(files, options, loadMapping(options.mapping));
    });

function atLeastOne(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 64) throw new InvalidArgumentError('Give a whole number from 1 to 64.');
  return value;
}

async function importAll(files: readonly string[], options: ImportOptions, mapping: LoadedMapping): Promise<ExitCode> {
  const connection = options.dryRun ? undefined : await connect(options);
  const stop = new AbortController();
  const interrupt = () => {
    if (stop.signal.aborted) process.exit(exitCodes.interrupted);
    stop.abort();
    remark('\nStopping: waiting for the answers to what was sent. Press Ctrl-C again to stop at once.');
  };
  process.on('SIGINT', interrupt);
  const summaries: ImportSummary[] = [];
  try {
    if (options.registerStores && connection) await registerStores(connection.api, mapping.mapping.stores);
    for (const file of files) {
      if (!stop.signal.aborted) summaries.push(await importOne(file, options, mapping, connection?.api, stop.signal));
    }
  } finally {
    process.removeListener('SIGINT', interrupt);
    await connection?.close();
  }
  shower(options)(files.length === 1 ? summaries[0] : { files: summaries }, summaries.map(summaryText).join('\n\n'));
  if (stop.signal.aborted && (summaries.length < files.length || summaries.some(({ finished }) => !finished))) {
    remark('Interrupted. The same command goes on from here.');
    return exitCodes.interrupted;
  }
  return summaries.some(({ quarantined, rejectedLines }) => quarantined + rejectedLines > 0) ? exitCodes.leftovers : exitCodes.ok;
}

async function importOne(
  file: string,
  options: ImportOptions,
  mapping: LoadedMapping,
  api: ApiClient | undefined,
  signal: AbortSignal,
): Promise<ImportSummary> {
  const bar = progressBar(file);
  const startedMs = performance.now();
  let refused = 0;
  let linesBefore: number | undefined;
  try {
    const summary = await importFile({
      file,
      statePath: options.state ?? `${file}.import-state.json`,
      rejectedPath: options.rejected ?? `${file}.rejected.csv`,
      mapping,
      api,
      concurrency: options.concurrency,
      restart: options.restart === true,
      signal,
      onProgress: (bytesRead, totalBytes, lines) => {
        linesBefore ??= lines;
        const perSecond = ((lines - linesBefore) / (performance.now() - startedMs)) * 1000;
        bar.update(bytesRead, totalBytes, `${Math.round(perSecond).toLocaleString('en-GB')} lines/s`);
      },
      onRefused: (line, reason) => {
        if (options.dryRun && refused++ < DRY_RUN_SHOWN) remark(`${file}, line ${line}: ${reason}`);
      },
    });
    if (refused > DRY_RUN_SHOWN) remark(`… and ${refused - DRY_RUN_SHOWN} lines more`);
    if (summary.finished && summary.resumedAfterLine === summary.linesRead && summary.linesRead > 0) {
      remark(`${file} was imported before; --restart begins again.`);
    }
    return summary;
  } finally {
    bar.stop();
  }
}

async function registerStores(api: ApiClient, stores: Mapping['stores']): Promise<void> {
  if (stores.length === 0) {
    throw new CliError(exitCodes.usage, 'The mapping lists no stores', undefined, {
      whatToDo: 'Add `stores:` to the mapping, or register them with `regulars store add`.',
    });
  }
  for (const store of stores) await api.post('/v1/stores', store);
}
