import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Item } from './receipts';

/** An answer, its body read whole. */
export interface Answer<Body = unknown> {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly body: Body;
}

/** One result line of the intake. */
export interface Result {
  readonly index: number;
  readonly outcome: 'accepted' | 'duplicate' | 'quarantined';
  readonly code?: string;
  readonly quarantineId?: string;
}

/** What came back on a stream until it ended, or was cut. */
export interface Streamed {
  readonly status: number;
  readonly results: readonly Result[];
  /** The problem line that ended it early. */
  readonly problem?: { readonly code: string; readonly status: number };
  /** True where the connection broke. */
  readonly cut: boolean;
}

/** Options of one request. */
export interface Send {
  readonly method?: string;
  /** Sent as it is. */
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** A small client over plain sockets: sends any bytes to any address, as a broken or hostile till would. */
export class HttpClient {
  constructor(
    readonly url: string,
    readonly token: string,
  ) {}

  /** The same platform, by another token; '' for none. */
  as(token: string): HttpClient {
    return new HttpClient(this.url, token);
  }

  /** Sends and reads the whole answer. The path is sent as it is. */
  async send<Body = never>(path: string, { method = 'GET', body, headers = {} }: Send = {}): Promise<Answer<Body>> {
    const { hostname, port } = new URL(this.url);
    const all = Object.entries({ ...(this.token === '' ? {} : { authorization: `Bearer ${this.token}` }), ...headers });
    const sent = request({ hostname, port, path, method, headers: Object.fromEntries(all.filter(([, value]) => value !== undefined)) });
    const chunks: Buffer[] = [];
    // A server that refuses a large body may answer and close before all of it was sent.
    let answered = false;
    const failed = new Promise<never>((_, reject) => sent.on('error', (error) => answered || reject(error)));
    const answer = once(sent, 'response').then(([response]) => {
      answered = true;
      return response as IncomingMessage;
    });
    answer.catch(() => undefined);
    sent.end(body);
    const response = await Promise.race([answer, failed]);
    for await (const chunk of response) chunks.push(chunk as Buffer);
    sent.destroy();
    const text = Buffer.concat(chunks).toString('utf8');
    return { status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text, body: parsed(text) as Body };
  }

  /** GET; throws on anything but 200. */
  async get<Body>(path: string): Promise<Body> {
    const answer = await this.send<Body>(path);
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  /** POST of a JSON value. */
  post<Body = { code?: string }>(path: string, value: unknown): Promise<Answer<Body>> {
    return this.send<Body>(path, { method: 'POST', body: JSON.stringify(value), headers: { 'content-type': 'application/json' } });
  }

  /** Streams items, and reads what is answered until the stream ends or breaks. `onResults` hears of every batch of results. */
  streamItems(items: readonly Item[], onResults?: (soFar: number) => void): Promise<Streamed> {
    return this.stream(
      items.map((item) => Buffer.from(`${JSON.stringify(item)}\n`)),
      onResults,
    );
  }

  /** Streams pieces of bytes, waiting where the platform does not take more. */
  async stream(pieces: Iterable<Buffer>, onResults?: (soFar: number) => void): Promise<Streamed> {
    const { hostname, port } = new URL(this.url);
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/x-ndjson' };
    const sent = request({ hostname, port, path: '/v1/purchases:stream', method: 'POST', headers });
    let broken = false;
    sent.on('error', () => (broken = true));
    const closed = new Promise<void>((resolve) => sent.on('close', resolve));
    const lines: string[] = [];
    let status = 0;
    const finished = once(sent, 'response').then(
      async (values) => {
        const response = values[0] as IncomingMessage;
        status = response.statusCode ?? 0;
        let rest = '';
        try {
          for await (const chunk of response.setEncoding('utf8')) {
            const parts = (rest + String(chunk)).split('\n');
            rest = parts.pop() ?? '';
            lines.push(...parts);
            onResults?.(lines.length);
          }
        } catch {
          broken = true;
        }
      },
      () => void (broken = true),
    ); // Killed before it answered at all.
    for (const piece of pieces) {
      if (broken || sent.destroyed) break;
      if (!sent.write(piece)) await Promise.race([once(sent, 'drain').catch(() => undefined), closed]);
    }
    if (!broken) sent.end();
    await Promise.race([finished.catch(() => undefined), closed.then(() => (status === 0 ? undefined : finished))]);
    sent.destroy();
    const parts = lines.map((line) => JSON.parse(line) as Result & { problem?: { code: string; status: number } });
    const problem = parts.find((part) => part.problem)?.problem;
    return { status, results: parts.filter((part) => !part.problem), ...(problem ? { problem } : {}), cut: broken || status === 0 };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
