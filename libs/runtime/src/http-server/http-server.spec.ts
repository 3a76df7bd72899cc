import { Body, Controller, Get, HttpCode, Inject, Post, StreamableFile } from '@nestjs/common';
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { Public } from '../access/decorators';
import { NdjsonBody } from '../requests/route-config';
import { type TestServer, testServer } from '../../spec-support/test-server';
import { STOPPING } from '../tokens';

/** What the handlers under test wait for and tell. */
const control = {
  entered: [] as (() => void)[],
  release: [] as (() => void)[],
  body: undefined as Readable | undefined,
  nextEntered: () => new Promise<void>((resolve) => control.entered.push(resolve)),
};

@Controller()
class SlowController {
  constructor(@Inject(STOPPING) private readonly stopping: AbortSignal) {}

  @Get('slow')
  @Public()
  async slow(): Promise<string> {
    const released = new Promise<void>((resolve) => control.release.push(resolve));
    control.entered.shift()?.();
    await released;
    return this.stopping.aborted ? 'done while stopping' : 'done';
  }
  @Get('drip')
  @Public()
  drip(): StreamableFile {
    async function* drops() {
      yield Buffer.from('first ');
      await new Promise<void>((resolve) => control.release.push(resolve));
      yield Buffer.from('last');
    }
    return new StreamableFile(Readable.from(drops()));
  }
  @Post('echo')
  @HttpCode(200)
  @Public()
  echo(@Body() body: unknown): unknown {
    return body;
  }
  @Post('held')
  @NdjsonBody()
  @HttpCode(200)
  @Public()
  async held(@Body() body: Readable): Promise<string> {
    control.body = body;
    const released = new Promise<void>((resolve) => control.release.push(resolve));
    control.entered.shift()?.();
    await released;
    let bytes = 0;
    for await (const chunk of body) bytes += (chunk as Buffer).length;
    return String(bytes);
  }
}

const text = async (message: IncomingMessage): Promise<string> => {
  message.setEncoding('utf8');
  let all = '';
  for await (const part of message) all += part as string;
  return all;
};
const answerTo = async (request: ClientRequest): Promise<IncomingMessage> => ((await once(request, 'response')) as [IncomingMessage])[0];

/** Waits until a figure has stayed the same for ten looks in a row. */
async function standstill(figure: () => number): Promise<void> {
  for (let same = 0, last = figure(); same < 10;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    same = figure() === last ? same + 1 : 0;
    last = figure();
  }
}

describe('the server on a socket', () => {
  let server: TestServer;
  let url: string;
  const start = async (http: Record<string, number> = {}, deadlineSeconds = 20): Promise<void> => {
    server = await testServer([SlowController], { http, shutdown: { deadlineSeconds } });
    url = await server.listen();
  };
  afterEach(async () => {
    control.release.splice(0).forEach((release) => release());
    await server.close();
  });

  /** Sends bytes as they are and reads until the server closes. */
  const raw = async (bytes: string): Promise<string> => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.setEncoding('utf8').on('error', () => undefined);
    let all = '';
    socket.on('data', (part: string) => (all += part));
    socket.write(bytes);
    await once(socket, 'close');
    return all;
  };

  it('hands NDJSON over as it comes, and a handler that does not read holds the sender back', async () => {
    await start({ bodyBytesMax: 1_024 });
    const entered = control.nextEntered();
    const request = httpRequest(`${url}/held`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' } });
    const answered = answerTo(request);
    const chunk = Buffer.alloc(1 << 20, '\n');
    request.write('{"first":1}\n');
    await entered;
    // 64 MiB are offered; sockets and streams on the way hold a few, the rest stays with the sender.
    for (let mib = 0; mib < 64; mib++) request.write(chunk);
    await standstill(() => request.socket?.writableLength ?? 0);
    expect(request.writableNeedDrain).toBe(true);
    expect(request.socket?.writableLength ?? 0).toBeGreaterThan(32 << 20);
    expect(control.body?.readableLength).toBeLessThan(1 << 20);
    control.release.shift()?.();
    request.end();
    expect(await text(await answered)).toBe(String(64 * (1 << 20) + 12));
  });

  it('finishes what is under way before it closes, and takes nothing new', async () => {
    await start();
    const entered = control.nextEntered();
    const slow = fetch(`${url}/slow`);
    await entered;
    const closing = server.close();
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
    control.release.shift()?.();
    expect(await (await slow).text()).toBe('done while stopping');
    await closing;
  });

  it('answers 503 to requests that still come', async () => {
    await start();
    const entered = control.nextEntered();
    const slow = fetch(`${url}/slow`);
    await entered;
    const closing = server.close();
    const late = await server.fastify.inject('/health/live');
    expect(late.json()).toMatchObject({ code: 'platform.stopping', status: 503 });
    expect(late.headers.connection).toBe('close');
    control.release.shift()?.();
    expect((await slow).status).toBe(200);
    await closing;
  });

  it('closes a connection as soon as the answer that was under way on it has ended', async () => {
    await start({ keepAliveSeconds: 600 }, 2);
    const answer = await fetch(`${url}/drip`);
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    expect(Buffer.from((await reader.read()).value as Uint8Array).toString()).toBe('first ');
    const closing = server.close();
    while (server.fastify.server.listening) await new Promise(setImmediate);
    control.release.shift()?.();
    expect(Buffer.from((await reader.read()).value as Uint8Array).toString()).toBe('last');
    await closing;
    expect(server.logged()).not.toContainEqual(expect.objectContaining({ msg: expect.stringContaining('cut at the deadline') }));
  });

  it('cuts what passes the deadline', async () => {
    await start({}, 1);
    const entered = control.nextEntered();
    const slow = fetch(`${url}/slow`);
    const cut = expect(slow).rejects.toThrow();
    await entered;
    await server.close();
    await cut;
    expect(server.logged()).toContainEqual(expect.objectContaining({ level: 'warn', pending: 1 }));
  });

  it('closes at once with idle keep-alive connections open', async () => {
    await start({ keepAliveSeconds: 600 });
    await (await fetch(`${url}/health/live`)).text();
    await server.close();
  });

  it('answers what is no HTTP with a problem', async () => {
    await start();
    expect(await raw('nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400 [^]*application\/problem\+json[^]*"code":"request.malformed"/);
    expect(await raw(`GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 413 [^]*"code":"request.too-large"/);
  });

  it('does not wait for heads and bodies for ever', async () => {
    await start({ headersTimeoutSeconds: 1, bodyTimeoutSeconds: 1 });
    const post = 'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{';
    const [head, body] = await Promise.all([raw('GET / HTTP/1.1\r\nhost: x\r\n'), raw(post)]);
    expect(head).toMatch(/^HTTP\/1.1 408 [^]*"code":"request.timeout"/);
    expect(body).toMatch(/^HTTP\/1.1 408 [^]*"code":"request.timeout"/);
  });

  it('refuses too long a body by its stated length and by its real one', async () => {
    await start({ bodyBytesMax: 1_024 });
    const head = 'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
    expect(await raw(`${head}content-length: 999999999\r\n\r\n{`)).toMatch(/^HTTP\/1.1 413 /);
    expect(await raw(`${head}transfer-encoding: chunked\r\n\r\n800\r\n${' '.repeat(2_048)}\r\n`)).toMatch(/^HTTP\/1.1 413 /);
  });

  it('holds a bounded number of connections', async () => {
    await start({ connectionsMax: 2 });
    const port = Number(new URL(url).port);
    const held = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    const third = connect(port, '127.0.0.1').on('error', () => undefined);
    await once(third, 'close');
    held.forEach((socket) => socket.destroy());
  });

  it('rejects where the port is taken', async () => {
    await start();
    const other = await testServer([], { http: { port: Number(new URL(url).port) } });
    await expect(other.listen()).rejects.toThrow('EADDRINUSE');
    await other.close();
  });
});
