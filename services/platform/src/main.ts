import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { destination } from 'pino';
import { failpointOf } from '@regulars/hosting';
import { ConfigurationError, createLogger } from '@regulars/runtime';
import { showDemo } from './demo/show-demo';
import { type Platform, startPlatform } from './start-platform';
import { PLATFORM_VERSION } from './version';

const HELP = `Regulars ${PLATFORM_VERSION}: the loyalty platform in one process.

  npm start [-- OPTIONS]

  --data DIR      where everything is kept (default: data)
  --port N        port to listen on (default: 7171; 0 takes a free one)
  --host ADDRESS  address to listen on (default: 127.0.0.1)
  --config FILE   settings (default: regulars.yaml in the data directory)
  --empty         start without the demo chain
  --help          this text

A new data directory is filled with a demo chain unless --empty is given. Ctrl-C stops in order.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: 'data' },
      port: { type: 'string' },
      host: { type: 'string' },
      config: { type: 'string' },
      empty: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const dataDir = values.data;
  const isNew = !existsSync(join(dataDir, 'event-log'));
  const port = values.port === undefined ? undefined : Number(values.port);
  // Standard output is for the person who started it; the log goes beside it.
  const logger = createLogger({
    level: process.env['REGULARS_LOGGING_LEVEL'] ?? 'warn',
    destination: destination({ dest: 2, sync: true }),
  });
  const platform = await startPlatform({
    dataDir,
    port,
    host: values.host,
    configurationFile: values.config,
    logger,
    failpoint: failpointOf(process.env),
  });
  stopOnSignals(platform);
  await showDemo(platform, dataDir, isNew && !values.empty);
}

function stopOnSignals(platform: Platform): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.stdout.write('\nStopping …\n');
      void platform.close().then(() => {
        process.stdout.write('Stopped.\n');
        process.exit(0);
      });
    });
  }
}

main().catch((error: unknown) => {
  const known =
    error instanceof ConfigurationError || (error instanceof Error && /^(DirectoryLocked|LogDamaged|ReadModelsDamaged)$/.test(error.name));
  const inUse = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  const badOption = (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') ?? false;
  if (inUse) process.stderr.write('The port is in use. Stop what listens there, or choose another: npm start -- --port 7172\n');
  else if (known || badOption) process.stderr.write(`${(error as Error).message}\n`);
  else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(badOption ? 2 : 1);
});
