import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CliError, exitCodes } from '../failure';

/** A service that may run as processes of its own. */
export const SERVICES = ['purchase', 'loyalty-tier'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Addresses by service, of one instance or more, where the platform runs as separate services. */
export type ServiceUrls = Readonly<Partial<Record<ServiceName, readonly string[]>>>;

/** One process of a service. */
export interface ServiceInstance {
  readonly service: ServiceName;
  readonly url: string;
}

/** All processes, service by service. */
export const instancesOf = (urls: ServiceUrls): readonly ServiceInstance[] =>
  SERVICES.flatMap((service) => (urls[service] ?? []).map((url) => ({ service, url })));

/** Environment variables that name single services; several instances are separated by commas. */
export const SERVICE_VARIABLES: Readonly<Record<ServiceName, string>> = {
  purchase: 'REGULARS_PURCHASE_URL',
  'loyalty-tier': 'REGULARS_LOYALTY_TIER_URL',
};

/** Beginnings of the paths that only one service answers; what is common to all, such as the status, is asked of the purchase service. */
const LOYALTY_TIER_PATHS = ['/v1/pyramid', '/v1/customers/', '/v1/digest'];

/** The service that answers a path. */
export function serviceOf(path: string): ServiceName {
  return LOYALTY_TIER_PATHS.some((prefix) => path.startsWith(prefix)) ? 'loyalty-tier' : 'purchase';
}

/** Name of the file in which a cluster on this machine says where its services answer. */
export const CLUSTER_FILE = 'cluster.json';

const clusterFile = z.looseObject({
  services: z.record(z.string(), z.array(z.url()).min(1)),
  /** The file with the administrator's token. */
  tokenFile: z.string(),
});

/** A cluster on this machine. */
export interface LocalCluster {
  readonly urls: ServiceUrls;
  readonly tokenFile: string;
}

/** The cluster whose data lie in a directory; undefined where there is none. Throws CliError on a file that cannot be read. */
export function localCluster(directory: string): LocalCluster | undefined {
  const path = join(directory, CLUSTER_FILE);
  if (!existsSync(path)) return undefined;
  try {
    const { services, tokenFile } = clusterFile.parse(JSON.parse(readFileSync(path, 'utf8')));
    return { urls: Object.fromEntries(SERVICES.flatMap((name) => (services[name] ? [[name, services[name]]] : []))), tokenFile };
  } catch {
    throw new CliError(exitCodes.usage, 'The file that names the services cannot be read', path, {
      whatToDo: 'Start the cluster again (npm run cluster), or name the services by REGULARS_PURCHASE_URL and REGULARS_LOYALTY_TIER_URL.',
    });
  }
}

/** Services named in the environment; undefined where none is. */
export function urlsOf(environment: NodeJS.ProcessEnv): ServiceUrls | undefined {
  const named = SERVICES.flatMap((name) => {
    const urls = (environment[SERVICE_VARIABLES[name]] ?? '').split(',').filter((url) => url !== '');
    return urls.length > 0 ? [[name, urls] as const] : [];
  });
  return named.length > 0 ? Object.fromEntries(named) : undefined;
}
