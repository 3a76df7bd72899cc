/** Which processes a cluster has, with what each is started. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import runtime from '@regulars/runtime';
import { choosePorts } from '../../infra/engines/ports.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const FIRST_PORTS = { purchase: 7171, 'loyalty-tier': 7181 };

/** The program of a service; its build has to be there. */
export const mainOf = (service) => join(root, 'services', service, 'dist', 'main.js');

/** The services whose main is missing in this checkout. */
export const missingServices = () => Object.keys(FIRST_PORTS).filter((service) => !existsSync(mainOf(service)));

/** Settings of the caller's that every process gets as well: `REGULARS_LOGGING_LEVEL` and the like, not addresses for other commands. */
function ownSettings() {
  const names = runtime.settingList.map(({ variable }) => variable).filter((name) => process.env[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}

/**
 * The members: `counts` instances of each service, with a folder below the directory and a port each, and `servers` (environment variables)
 * for all. Every start has a mark of its own in the command line, so that processes are told from others with the same pid.
 */
export async function membersOf(directory, counts, servers) {
  const members = [];
  for (const [service, count] of Object.entries(counts)) {
    const wanted = Array.from({ length: count }, (_, i) => FIRST_PORTS[service] + i);
    const ports = await choosePorts(count, wanted);
    for (const [i, port] of ports.entries()) {
      const name = `${service}-${i + 1}`;
      const folder = join(directory, name);
      const environment = {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        ...ownSettings(),
        ...servers,
        REGULARS_DATA_DIR: folder,
        REGULARS_HTTP_HOST: '127.0.0.1',
        REGULARS_HTTP_PORT: String(port),
      };
      const marker = `regulars ${name} ${folder} ${randomBytes(4).toString('hex')}`;
      members.push({ name, service, folder, environment, marker, url: `http://127.0.0.1:${port}`, main: mainOf(service) });
    }
  }
  return members;
}
