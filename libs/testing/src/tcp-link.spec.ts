import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { TcpLink } from './tcp-link';

/** Both ends of one connection. */
async function pair(): Promise<readonly [near: Socket, far: Socket]> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [[Socket], unknown];
  server.close();
  return [near, far];
}

it('ends also where it is cut while it passes on the end of a side', async () => {
  const [client, fromClient] = await pair();
  const [toServer, server] = await pair();
  for (const socket of [client, server]) socket.on('error', () => undefined).resume();
  const link = new TcpLink(fromClient, toServer, {
    fault: () => ({ kind: 'none' }),
    losesReplyTo: () => false,
    replyLost: () => undefined,
  });
  const end = toServer.end.bind(toServer) as () => Socket;
  toServer.end = () => {
    end();
    link.cut();
    return toServer;
  };
  client.end();
  await link.ended;
  expect([fromClient.closed, toServer.closed]).toEqual([true, true]);
  client.destroy();
  server.destroy();
});
