import http from 'node:http';
import { createInterface } from 'node:readline';
import { intakeKinds, type IntakeKind, type IntakeResult } from '@regulars/contracts';

/** One item as the fake took it. */
export interface TakenItem {
  readonly key: string;
  readonly text: string;
  readonly item: Record<string, unknown>;
}

/** A platform in a few lines: natural keys, duplicates, conflicts, schema checks, and connections that break on demand. */
export class FakePlatform {
  readonly receipts = new Map<string, TakenItem>();
  readonly requests: { readonly method: string; readonly url: string; readonly body: string; readonly token: string }[] = [];
  /** Answers to any other route: `METHOD /path` without query → [status, body]. */
  readonly routes = new Map<string, [number, unknown]>();
  /** Break the connection after this many more answers. */
  breakAfter = Infinity;
  /** Awaited before each answer, once there are this many. */
  hold: { readonly after: number; readonly until: Promise<void> } | undefined;
  answers = { accepted: 0, duplicate: 0, quarantined: 0 };
  private readonly server = http.createServer((request, response) => this.handle(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private handle(request: http.IncomingMessage, response: http.ServerResponse): void {
    const url = request.url ?? '';
    if (url === '/v1/purchases:stream') {
      this.stream(request, response).catch(() => response.destroy());
      return;
    }
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString();
      this.requests.push({ method: request.method ?? '', url, body, token: request.headers.authorization ?? '' });
      const [status, answer] = this.answer(`${request.method} ${url.split('?')[0]}`, url);
      response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' });
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  }

  private answer(route: string, url: string): [number, unknown] {
    const known = this.routes.get(route);
    if (known) return known;
    const receipt = /^GET \/v1\/purchases\/(.+)$/.exec(route);
    const key = receipt?.[1]?.split('/').map(decodeURIComponent).join('/');
    if (key !== undefined && this.receipts.has(key)) return [200, this.receipts.get(key)?.item];
    if (key !== undefined) return [404, { title: 'No such receipt', status: 404, code: 'purchase.not-found', detail: url }];
    return [404, { title: 'There is nothing at this address', status: 404, code: 'request.not-found', detail: url }];
  }

  private async stream(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    let index = 0;
    for await (const line of createInterface({ input: request })) {
      if (this.hold && index >= this.hold.after) await this.hold.until;
      const result = this.take(line);
      if (this.breakAfter-- <= 0) {
        this.breakAfter = Infinity;
        request.socket.destroy();
        return;
      }
      if (!response.write(`${JSON.stringify({ index: index++, ...result })}\n`))
        await new Promise((resolve) => response.once('drain', resolve));
    }
    response.end();
  }

  private take(text: string): Omit<IntakeResult, 'index'> {
    const { kind = 'purchase', ...item } = JSON.parse(text) as Record<string, unknown> & { kind?: IntakeKind };
    const checked = intakeKinds[kind].safeParse(item);
    const key = `${String(item.store)}/${String(item.terminal)}/${String(item.receipt)}`;
    const known = this.receipts.get(key);
    if (!checked.success)
      return this.count({ outcome: 'quarantined', code: 'request.invalid', detail: checked.error.issues[0]?.message ?? '' });
    if (known && known.text !== text) return this.count({ outcome: 'quarantined', code: 'purchase.conflict', detail: 'other content' });
    if (!known) this.receipts.set(key, { key, text, item: { kind, ...item } });
    return this.count({ outcome: known ? 'duplicate' : 'accepted', purchaseId: key });
  }

  private count<T extends { outcome: keyof FakePlatform['answers'] }>(result: T): T {
    this.answers[result.outcome]++;
    return result;
  }
}
