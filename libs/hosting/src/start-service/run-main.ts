import { parseArgs } from 'node:util';
import { type Configuration, ConfigurationError, createLogger, loadConfiguration, type Logger, settingList } from '@regulars/runtime';
import { type MainDescription, mainHelp } from './main-help';
import { StoppedWaiting } from './keep-trying';
import type { RunningService } from './start-service';

/** Variables of tests and of other programs that are no settings. */
const IGNORED = ['REGULARS_FAILPOINT', 'REGULARS_SHARED_DATA'];

/**
 * Runs a service as this process: settings from the environment, one JSON object a line on standard output, SIGTERM and SIGINT. Ends with
 * 0 when it was stopped, 1 when it cannot start, 2 for a wrong option.
 */
export async function runMain(
  description: MainDescription,
  start: (configuration: Configuration, logger: Logger) => Promise<RunningService>,
): Promise<void> {
  const service = await startOrExit(description, start);
  // Why it could not start is in the log by now.
  await service?.started.catch((error: unknown) => process.exit(error instanceof StoppedWaiting ? 0 : 1));
}

async function startOrExit(description: MainDescription, start: Parameters<typeof runMain>[1]): Promise<RunningService | undefined> {
  try {
    const { values } = parseArgs({ options: { help: { type: 'boolean', default: false } } });
    if (values.help) {
      process.stdout.write(mainHelp(description));
      return undefined;
    }
    const configuration = requiredSettings(description, loadConfiguration({ environment: process.env, ignoredVariables: IGNORED }));
    const logger = createLogger({ level: configuration.logging.level });
    const service = await start(configuration, logger);
    stopOnSignals(service, logger);
    return service;
  } catch (error) {
    const { message, code, stack } = error as NodeJS.ErrnoException;
    const badOption = code?.startsWith('ERR_PARSE_ARGS') ?? false;
    if (code === 'EADDRINUSE') process.stderr.write('The port is in use. Set REGULARS_HTTP_PORT to another one.\n');
    else process.stderr.write(`${badOption || error instanceof ConfigurationError ? message : (stack ?? String(error))}\n`);
    return process.exit(badOption ? 2 : 1);
  }
}

function requiredSettings({ required }: MainDescription, configuration: Configuration): Configuration {
  const missing = settingList.filter(({ key }) => required.includes(key) && valueAt(configuration, key) === '');
  if (missing.length === 0) return configuration;
  throw new ConfigurationError(
    missing.map(({ key, variable }) => ({ key, source: 'default', kind: 'missing', reason: `set ${variable}; --help names all` })),
  );
}

function valueAt(configuration: Configuration, key: string): unknown {
  return key.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], configuration);
}

function stopOnSignals(service: RunningService, logger: Logger): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      logger.info({ signal }, 'stopping');
      void service.close().then(() => process.exit(0));
    });
  }
}
