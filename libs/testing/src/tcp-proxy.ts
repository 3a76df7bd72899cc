import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type TcpFault, TcpLink } from './tcp-link';

/** Where a proxy stands, and in front of what. */
export interface TcpProxyOptions {
  /** The server behind it. */
  readonly host?: string;
  readonly port: number;
  /** Port to listen on, for servers that tell clients their own address; any free one by default. */
  readonly listenOn?: number;
}

/** A waiting loss, until its request and then its reply has come. */
interface Loss {
  readonly to: (request: Buffer) => boolean;
  readonly happened: () => void;
}

/**
 * A TCP proxy on 127.0.0.1 for specs: it stands between a client and a real server and breaks the connection in the ways networks do. One
 * fault holds at a time, for connections there are and those that come, until `pass`.
 */
export class TcpProxy {
  private readonly links = new Set<TcpLink>();
  private fault: TcpFault = { kind: 'none' };
  private release: () => void = () => undefined;
  private loss: Loss | undefined;
  private replyLost: () => void = () => undefined;

  private constructor(
    private readonly server: Server,
    private readonly target: { readonly host: string; readonly port: number },
  ) {
    server.on('connection', (client) => this.accept(client));
  }

  /** Starts one; rejects where the port is taken. The server behind it need not be there yet. */
  static async start({ host = '127.0.0.1', port, listenOn = 0 }: TcpProxyOptions): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new TcpProxy(server, { host, port });
    server.listen(listenOn, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** `127.0.0.1:<port>`, what clients connect to. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Connections there are now. */
  get connections(): number {
    return this.links.size;
  }

  /** Heals: everything goes through again. What was held goes on; connections that lost bytes are cut. */
  pass(): void {
    this.change({ kind: 'none' });
    for (const link of this.links) link.heal();
  }

  /** Resets the connections there are; new ones are served. As a server that was restarted. */
  cut(): void {
    for (const link of this.links) link.cut();
  }

  /** Resets the connections there are and every new one. As a server that is gone. */
  refuse(): void {
    this.change({ kind: 'refused' });
    this.cut();
  }

  /** Black hole: connections stay and new ones are taken, but nothing comes through; it is kept until `pass`, as TCP would send it again. */
  hold(): void {
    let release: () => void = () => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    this.change({ kind: 'held', until });
    this.release = release;
  }

  /** Requests reach the server, its replies are thrown away, nobody is told. */
  dropReplies(): void {
    this.change({ kind: 'replies dropped' });
  }

  /** Every piece (up to 64 KiB) waits so many milliseconds, each way. */
  slow(delayMs: number): void {
    this.change({ kind: 'slow', delayMs });
  }

  /**
   * Loses one answer: the first request that `to` is true for reaches the server; when the server answers, the answer is thrown away and the
   * connection reset. `to` sees a request in the pieces it arrives in, small ones whole. Resolves when it has happened. One at a time.
   */
  loseReply(to: (request: Buffer) => boolean): Promise<void> {
    if (this.loss) throw new Error('A reply is waited for already');
    return new Promise((resolve) => {
      this.loss = { to, happened: resolve };
    });
  }

  /** Ends all connections and the proxy. */
  async close(): Promise<void> {
    this.change({ kind: 'refused' });
    const closed = once(this.server, 'close');
    this.server.close();
    this.cut();
    await Promise.all([closed, ...[...this.links].map(({ ended }) => ended)]);
  }

  private change(fault: TcpFault): void {
    const { release } = this;
    this.release = () => undefined;
    this.fault = fault;
    release();
  }

  private accept(client: Socket): void {
    if (this.fault.kind === 'refused') {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const server = connect({ ...this.target, allowHalfOpen: true });
    const link = new TcpLink(client, server, {
      fault: () => this.fault,
      losesReplyTo: (request) => this.takeLoss(request),
      replyLost: () => this.replyLost(),
    });
    this.links.add(link);
    void link.ended.then(() => this.links.delete(link));
  }

  private takeLoss(request: Buffer): boolean {
    if (!this.loss?.to(request)) return false;
    this.replyLost = this.loss.happened;
    this.loss = undefined;
    return true;
  }
}
