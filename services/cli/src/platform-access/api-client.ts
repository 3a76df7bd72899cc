import http from 'node:http';
import https from 'node:https';
import { errorCodes, type ErrorCodeName } from '@regulars/kernel';
import { CliError, exitCodes } from '../failure';
import { instancesOf, type ServiceInstance, type ServiceName, serviceOf, SERVICES, type ServiceUrls } from './service-urls';

const ANSWER_TIMEOUT_MS = 120_000;
const MAX_ANSWER_BYTES = 512 * 1024 * 1024;

/** Where a platform is and who asks. */
export interface Target {
  /** Where everything is answered that no service has an address of its own for. */
  readonly url: string;
  readonly token: string;
  /** Where the platform runs as separate services: their addresses. */
  readonly services?: ServiceUrls | undefined;
}

/** Query parameters; undefined ones are left out. */
export type Query = Readonly<Record<string, string | undefined>>;

/** The platform over HTTP. Every call throws CliError: with the platform's own words where it refused, or unreachable. */
export class ApiClient {
  private readonly agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) };

  constructor(readonly target: Target) {}

  /** The separate services that can be asked; none where one process is the whole platform. */
  get services(): readonly ServiceName[] {
    return SERVICES.filter((name) => this.target.services?.[name] !== undefined);
  }

  /** Every process of these services; none where one process is the whole platform. */
  get instances(): readonly ServiceInstance[] {
    return instancesOf(this.target.services ?? {});
  }

  /** One service alone, whatever the path. To be closed by itself. Throws CliError where its address is not known. */
  of(service: string): ApiClient {
    const [url] = this.target.services?.[service as ServiceName] ?? [];
    if (url) return this.at(url);
    throw new CliError(exitCodes.usage, 'There is no such service', service, {
      whatToDo:
        this.services.length > 0 ? `One of: ${this.services.join(', ')}.` : 'The platform is one process here: leave --service out.',
    });
  }

  /** One process alone, whatever the path. To be closed by itself. */
  at(url: string): ApiClient {
    return new ApiClient({ url, token: this.target.token });
  }

  /** The address that answers a path. */
  urlFor(path: string): string {
    return this.target.services?.[serviceOf(path)]?.[0] ?? this.target.url;
  }

  async get<T>(path: string, query: Query = {}): Promise<T> {
    return JSON.parse(await this.text('GET', withQuery(path, query))) as T;
  }

  /** An answer that is no JSON: CSV, SVG, NDJSON. */
  async getText(path: string, query: Query = {}): Promise<string> {
    return this.text('GET', withQuery(path, query));
  }

  async post<T>(path: string, body: unknown = {}): Promise<T> {
    return this.parsed<T>(await this.text('POST', path, JSON.stringify(body)));
  }

  async put<T>(path: string, body: unknown): Promise<T> {
    return this.parsed<T>(await this.text('PUT', path, JSON.stringify(body)));
  }

  /** A request that is written and read as a stream. The caller handles its events. */
  openStream(path: string, contentType: string): http.ClientRequest {
    return this.request('POST', path, { 'content-type': contentType, accept: 'application/x-ndjson' });
  }

  /** Lets go of the connections. */
  close(): void {
    for (const agent of Object.values(this.agents)) agent.destroy();
  }

  private parsed<T>(text: string): T {
    return (text === '' ? {} : JSON.parse(text)) as T;
  }

  private request(method: string, path: string, headers: http.OutgoingHttpHeaders): http.ClientRequest {
    const url = new URL(path, this.urlFor(path));
    const [send, agent] = url.protocol === 'https:' ? [https.request, this.agents['https:']] : [http.request, this.agents['http:']];
    return send(url, { method, agent, headers: { authorization: `Bearer ${this.target.token}`, ...headers } });
  }

  private text(method: string, path: string, body?: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const request = this.request(method, path, headers);
      request.setTimeout(ANSWER_TIMEOUT_MS, () => request.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`)));
      request.on('error', (error) => reject(unreachable(this.urlFor(path), error)));
      request.on('response', (response) => {
        readAnswer(response).then(
          (text) => {
            const ok = response.statusCode !== undefined && response.statusCode < 300;
            if (ok) resolve(text);
            else reject(problem(response.statusCode ?? 0, text));
          },
          (error: unknown) => reject(unreachable(this.urlFor(path), error)),
        );
      });
      request.end(body);
    });
  }
}

/** The whole of an answer, refused beyond a size no command should ever need. */
export async function readAnswer(response: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('the answer is larger than 512 MiB');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The failure to reach a platform at all. */
export function unreachable(url: string, cause: unknown): CliError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const why = cause instanceof Error && cause.message ? cause.message : code || String(cause);
  return new CliError(exitCodes.unreachable, 'The platform cannot be reached', `${url}: ${why}`, {
    whatToDo: 'Check that it runs (npm start, npm run cluster) and that --url, REGULARS_URL or --data name the right one.',
  });
}

interface Problem {
  readonly title?: string;
  readonly code?: string;
  readonly detail?: string;
  readonly requestId?: string;
  readonly errors?: readonly { readonly path?: unknown; readonly message?: unknown }[];
}

/** A refusal in the platform's words: title, detail, the fields at fault, and what to do about its code. */
export function problem(status: number, body: string): CliError {
  const told = parseProblem(body);
  const fields = (told.errors ?? []).map(
    ({ path, message }) => `  ${Array.isArray(path) ? path.join('.') : String(path ?? '')}: ${String(message ?? '')}`,
  );
  const detail = [told.detail, ...fields, status >= 500 && told.requestId ? `Request id: ${told.requestId}` : '']
    .filter(Boolean)
    .join('\n');
  const known = told.code !== undefined && told.code in errorCodes ? errorCodes[told.code as ErrorCodeName] : undefined;
  const isDown = status === 503;
  return new CliError(isDown ? exitCodes.unreachable : exitCodes.failed, told.title ?? `The platform answered ${status}`, detail, {
    code: told.code,
    whatToDo: known?.whatToDo,
  });
}

function parseProblem(body: string): Problem {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

function withQuery(path: string, query: Query): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return pairs.length > 0 ? `${path}?${new URLSearchParams(pairs).toString()}` : path;
}
