import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a proxy does with bytes at the moment. */
export type TcpFault =
  | { readonly kind: 'none' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'held'; readonly until: Promise<void> }
  | { readonly kind: 'replies dropped' }
  | { readonly kind: 'slow'; readonly delayMs: number };

/** What a link asks of its proxy. */
export interface LinkRules {
  readonly fault: () => TcpFault;
  /** True for a request whose reply is to be lost; asked once for each piece of a request. */
  readonly losesReplyTo: (request: Buffer) => boolean;
  /** Told when such a reply has come and was thrown away. */
  readonly replyLost: () => void;
}

/** One connection through a proxy: a client's socket and the server's. Carries one piece at a time each way, so it holds little. */
export class TcpLink {
  /** Resolves when both sockets are closed. */
  readonly ended: Promise<unknown>;
  private losingReply = false;
  private hasLostBytes = false;

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    private readonly rules: LinkRules,
  ) {
    this.ended = Promise.all([client, server].map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))));
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      // An error is followed by `close` and ends both ways.
      socket.on('error', () => this.cut());
    }
    void this.pump(client, server, (piece) => this.passRequest(piece));
    void this.pump(server, client, (piece) => this.passReply(piece));
  }

  /** Resets both sides at once, as a crash does. */
  cut(): void {
    for (const socket of [this.client, this.server]) {
      // A socket that is just being shut down takes no reset: Node would answer EINVAL and never close it.
      if (!socket.writableEnded) socket.resetAndDestroy();
      // Or the reset would wait for what is still to be written.
      socket.destroy();
    }
  }

  /** A stream that lost bytes on the way is garbled and cannot be healed: it is cut. */
  heal(): void {
    if (this.hasLostBytes) this.cut();
  }

  private async pump(from: Socket, to: Socket, passes: (piece: Buffer) => boolean): Promise<void> {
    try {
      for await (const piece of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        await this.wait();
        if (passes(piece) && !to.write(piece)) await once(to, 'drain');
      }
      await this.wait();
      to.end();
    } catch {
      this.cut();
    }
  }

  private async wait(): Promise<void> {
    for (let fault = this.rules.fault(); fault.kind === 'held'; fault = this.rules.fault()) await fault.until;
    const fault = this.rules.fault();
    if (fault.kind === 'slow') await sleep(fault.delayMs);
  }

  private passRequest(piece: Buffer): boolean {
    this.losingReply ||= this.rules.losesReplyTo(piece);
    return true;
  }

  private passReply(_piece: Buffer): boolean {
    if (this.losingReply) {
      this.cut();
      this.rules.replyLost();
      return false;
    }
    if (this.rules.fault().kind !== 'replies dropped') return true;
    this.hasLostBytes = true;
    return false;
  }
}
