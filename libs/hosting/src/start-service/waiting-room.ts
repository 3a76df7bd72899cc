import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { codedProblem, type Configuration, PROBLEM_MEDIA_TYPE, RETRY_AFTER_SECONDS } from '@regulars/runtime';

/** What a process answers while it waits for its servers. */
export interface WaitingRoom {
  /** The port it really listens on. */
  readonly port: number;
  readonly url: string;
  /** Gives the port back; answers under way are cut. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Listens where the service will: `/health/live` is answered 200, `/health/ready` and everything else 503 as a problem that names what
 * is waited for. `waitsFor` is asked at each request: what, and in what way, in words that may be public. Rejects where the port is taken.
 */
export async function openWaitingRoom(
  { host, port, headersTimeoutSeconds, connectionsMax }: Configuration['http'],
  waitsFor: () => Readonly<Record<string, string>>,
): Promise<WaitingRoom> {
  const server = createServer({ headersTimeout: headersTimeoutSeconds * 1_000, maxHeaderSize: 16_384 }, (request, response) =>
    answer(request, response, waitsFor()),
  );
  server.maxConnections = connectionsMax;
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  let closing: Promise<void> | undefined;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: address.port, url: `http://${shown}:${address.port}`, close: () => (closing ??= close()) };
}

function answer(request: IncomingMessage, response: ServerResponse, checks: Readonly<Record<string, string>>): void {
  // No connection may outlive the waiting: it would keep its caller from the service itself.
  response.setHeader('connection', 'close');
  response.setHeader('cache-control', 'no-store');
  if (request.method === 'GET' && request.url === '/health/live') {
    response.setHeader('content-type', 'application/json; charset=utf-8');
    response.end(JSON.stringify({ status: 'live' }));
    return;
  }
  const waited = Object.entries(checks).map(([name, state]) => `${name}: ${state}`);
  const detail = `The service waits for ${waited.join('; ') || 'its own start'}.`;
  response.statusCode = 503;
  response.setHeader('retry-after', RETRY_AFTER_SECONDS);
  response.setHeader('content-type', PROBLEM_MEDIA_TYPE);
  response.end(JSON.stringify(codedProblem('platform.not-ready', detail, randomUUID(), { checks })));
}
