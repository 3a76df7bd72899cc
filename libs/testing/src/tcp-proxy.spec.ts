import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { TcpProxy } from './tcp-proxy';

/** Answers every line with `re:<line>`; keeps what it heard. */
class EchoServer {
  readonly heard: string[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly waiters = new Map<string, () => void>();
  private constructor(readonly server: Server) {
    server.on('connection', (socket) => this.serve(socket));
  }

  static async start(): Promise<EchoServer> {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new EchoServer(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Resolves when a line has been heard. */
  async has(line: string): Promise<void> {
    if (!this.heard.includes(line)) await new Promise<void>((resolve) => this.waiters.set(line, resolve));
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    let rest = '';
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end('bye\n'));
    socket.on('data', (bytes) => {
      const lines = (rest + String(bytes)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        this.heard.push(line);
        this.waiters.get(line)?.();
        socket.write(`re:${line}\n`);
      }
    });
  }
}

/** A client that sends lines and collects what comes back. */
class LineClient {
  received = '';
  /** `end`, or the code of the error. */
  readonly ended: Promise<string>;
  private wake: () => void = () => undefined;
  constructor(readonly socket: Socket) {
    socket.on('data', (bytes) => {
      this.received += String(bytes);
      this.wake();
    });
    let code = 'end';
    socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code ?? 'error'));
    this.ended = new Promise((resolve) => socket.on('close', () => resolve(code)));
  }

  send(line: string): void {
    this.socket.write(`${line}\n`);
  }

  async got(text: string): Promise<void> {
    while (!this.received.includes(text)) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}

describe('a proxy', () => {
  let server: EchoServer;
  let proxy: TcpProxy;
  let clients: LineClient[];
  const client = () => {
    const made = new LineClient(connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true }));
    clients.push(made);
    return made;
  };
  /** A client that has had an answer, so that its connection is all there. */
  const connected = async () => {
    const made = client();
    made.send('hello');
    await made.got('re:hello');
    return made;
  };

  beforeEach(async () => {
    server = await EchoServer.start();
    proxy = await TcpProxy.start({ port: server.port });
    clients = [];
  });
  afterEach(async () => {
    for (const { socket } of clients) socket.destroy();
    await proxy.close();
    await server.stop();
  });

  it('carries both ways, much data, and the end of each way alone', async () => {
    const one = await connected();
    const long = 'x'.repeat(3_000_000);
    one.send(long);
    await one.got(`re:${long}\n`);
    one.socket.end();
    await one.got('bye');
    expect(await one.ended).toBe('end');
    expect(proxy.address).toBe(`127.0.0.1:${proxy.port}`);
  });

  it('cuts the connections there are and serves new ones', async () => {
    const one = await connected();
    proxy.cut();
    expect(await one.ended).toBe('ECONNRESET');
    await connected();
    expect(proxy.connections).toBe(1);
  });

  it('refuses old and new connections until it passes again', async () => {
    const one = await connected();
    proxy.refuse();
    expect(await one.ended).toBe('ECONNRESET');
    expect(await client().ended).toBe('ECONNRESET');
    proxy.pass();
    await connected();
    expect(server.heard).toEqual(['hello', 'hello']);
  });

  it('is a black hole while it holds, for connections old and new, and then nothing is lost', async () => {
    const one = await connected();
    proxy.hold();
    const other = client();
    await once(other.socket, 'connect');
    one.send('held');
    other.send('held as well');
    await bytesArrivedAtProxy();
    expect(server.heard).toEqual(['hello']);
    proxy.pass();
    await Promise.all([one.got('re:held'), other.got('re:held as well')]);
  });

  it('lets requests through and drops the replies alone; healing cuts what lost bytes', async () => {
    const one = await connected();
    const idle = await connected();
    proxy.dropReplies();
    one.send('unanswered');
    await server.has('unanswered');
    await bytesArrivedAtProxy();
    expect(one.received).toBe('re:hello\n');
    proxy.pass();
    expect(await one.ended).toBe('ECONNRESET');
    idle.send('again');
    await idle.got('re:again');
  });

  it('loses exactly the answer it was told to, after the server has done the request', async () => {
    const [one, other] = [await connected(), await connected()];
    const lost = proxy.loseReply((request) => request.includes('commit'));
    other.send('read');
    await other.got('re:read');
    one.send('commit');
    await lost;
    expect(await one.ended).toBe('ECONNRESET');
    expect(one.received).toBe('re:hello\n');
    expect(server.heard).toContain('commit');
    other.send('commit');
    await other.got('re:commit');
  });

  it('waits for one lost answer at a time', () => {
    void proxy.loseReply(() => false);
    expect(() => proxy.loseReply(() => true)).toThrow('A reply is waited for already');
  });

  it('is slow by what it was told, each way, and in order', async () => {
    const one = await connected();
    proxy.slow(40);
    const start = process.hrtime.bigint();
    one.send('a');
    await one.got('re:a');
    // Timers may fire a millisecond early.
    expect(Number(process.hrtime.bigint() - start) / 1e6).toBeGreaterThanOrEqual(78);
    one.send('b');
    one.send('c');
    await one.got('re:b\nre:c\n');
  });

  it('ends the client where the server is not there', async () => {
    await server.stop();
    expect(await client().ended).not.toBe('');
    server = await EchoServer.start();
  });

  it('closes though it holds something', async () => {
    const one = await connected();
    proxy.hold();
    one.send('held');
    await bytesArrivedAtProxy();
    await proxy.close();
    expect(await one.ended).toBe('ECONNRESET');
    proxy = await TcpProxy.start({ port: server.port });
  });
});

/** Long enough for loopback; were it not, only a broken proxy would be missed, a good one never fails. */
const bytesArrivedAtProxy = () => new Promise((resolve) => setTimeout(resolve, 30));
