/** Ports for the servers: those of the last start where they are still free, so that clients find them again; else any free ones. */
import { once } from 'node:events';
import { createServer } from 'node:net';

const HOST = '127.0.0.1';

async function listen(port) {
  const server = createServer().listen(port, HOST);
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}

/** As many ports as wanted, all held at once while they are chosen so that none comes twice; `preferred` ones first. */
export async function choosePorts(count, preferred = []) {
  const servers = [];
  for (let i = 0; i < count; i++) servers.push((preferred[i] && (await listen(preferred[i]))) || (await listen(0)));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
