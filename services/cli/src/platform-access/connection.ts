import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, exitCodes } from '../failure';
import { ApiClient, type Target } from './api-client';
import { instancesOf, localCluster, type ServiceUrls, urlsOf } from './service-urls';

const LIVE_TIMEOUT_MS = 2_000;

/** What tells the command which platform to talk to. */
export interface ConnectionOptions {
  readonly data?: string | undefined;
  readonly url?: string | undefined;
  /** One of the services, where the platform runs as separate ones. */
  readonly service?: string | undefined;
}

/** An open connection; `close` also stops the platform where this process started it. */
export interface Connection {
  readonly api: ApiClient;
  close(): Promise<void>;
}

/**
 * Finds the platform: `--url`, then `--data`, then the environment (REGULARS_URL, or the addresses of single services), then ./data. A
 * data directory whose platform does not run is served by this process for the length of the command; one that holds a cluster leads to its services.
 * Throws CliError, saying what to do, where there is none.
 */
export async function connect(options: ConnectionOptions, environment: NodeJS.ProcessEnv = process.env): Promise<Connection> {
  const connection = await found(options, environment);
  if (options.service === undefined) return connection;
  const api = connection.api.of(options.service);
  return {
    api,
    close: async () => {
      api.close();
      await connection.close();
    },
  };
}

async function found(options: ConnectionOptions, environment: NodeJS.ProcessEnv): Promise<Connection> {
  const token = environment.REGULARS_TOKEN;
  if (options.url) return remote(options.url, token ?? (options.data && readToken(options.data)));
  if (options.data) return onThisMachine(options.data);
  const services = urlsOf(environment);
  const url = environment.REGULARS_URL ?? (services && firstUrl(services));
  if (url) return remote(url, token, services);
  if (existsSync('data')) return onThisMachine('data');
  throw new CliError(
    exitCodes.usage,
    'Which platform?',
    'Neither --data, --url nor REGULARS_URL is given, and there is no directory ./data.',
    {
      whatToDo: 'Start one with `npm start`, then use --data DIR; or set REGULARS_URL and REGULARS_TOKEN.',
    },
  );
}

/** Where everything goes that no single service answers. */
const firstUrl = (services: ServiceUrls): string => instancesOf(services)[0]?.url ?? '';

function remote(url: string, token: string | undefined, services?: ServiceUrls): Connection {
  for (const each of [url, ...instancesOf(services ?? {}).map((instance) => instance.url)]) {
    if (URL.canParse(each) && /^https?:/.test(each)) continue;
    throw new CliError(exitCodes.usage, 'The address is no URL', each, { whatToDo: 'Write it like http://127.0.0.1:8080.' });
  }
  if (!token) {
    throw new CliError(exitCodes.usage, 'A token is needed', 'REGULARS_TOKEN is not set.', {
      whatToDo: 'Set REGULARS_TOKEN; an administrator issues tokens with `regulars token add`.',
    });
  }
  return opened({ url, token, services });
}

function opened(target: Target, stop?: () => Promise<void>): Connection {
  const api = new ApiClient(target);
  return {
    api,
    close: async () => {
      api.close();
      await stop?.();
    },
  };
}

async function onThisMachine(directory: string): Promise<Connection> {
  if (!existsSync(directory)) {
    throw new CliError(exitCodes.usage, 'There is no such data directory', directory, {
      whatToDo: `Check the path, or create it: npm start -- --data ${directory}`,
    });
  }
  const cluster = localCluster(directory);
  if (cluster) {
    const token = readTokenFile(cluster.tokenFile);
    return remote(firstUrl(cluster.urls), token, cluster.urls);
  }
  const url = await runningUrl(directory);
  if (url) return opened({ url, token: readToken(directory) });
  const { startPlatform } = await import('@regulars/platform');
  const platform = await startPlatform({ dataDir: directory, port: 0, quiet: true });
  return opened({ url: platform.url, token: platform.adminToken }, () => platform.close());
}

/** The address of the platform that serves a data directory; undefined where none runs. */
export async function runningUrl(directory: string): Promise<string | undefined> {
  const file = join(directory, 'platform.json');
  if (!existsSync(file)) return undefined;
  let said: { url?: unknown; pid?: unknown };
  try {
    said = JSON.parse(readFileSync(file, 'utf8')) as typeof said;
  } catch {
    return undefined;
  }
  if (typeof said.url !== 'string' || typeof said.pid !== 'number' || !isAlive(said.pid)) return undefined;
  const answer = await fetch(new URL('/health/live', said.url), { signal: AbortSignal.timeout(LIVE_TIMEOUT_MS) }).catch(() => undefined);
  return answer?.ok ? said.url : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function readToken(directory: string): string {
  return readTokenFile(join(directory, 'admin.token'));
}

function readTokenFile(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(exitCodes.usage, "The administrator's token cannot be read", why, {
      whatToDo: 'Run as the user who owns the data directory, or use REGULARS_URL and REGULARS_TOKEN.',
    });
  }
}
