import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { problem } from '../problems/problem';
import type { RouteConfig } from './route-config';
import { parseStrictJson } from './strict-json';

/** Limits on a JSON body. */
export interface BodyLimits {
  readonly bodyBytesMax: number;
  readonly jsonDepthMax: number;
  readonly bodyTimeoutSeconds: number;
}

const tooLarge = (limits: BodyLimits) => problem('request.too-large', `A JSON body may have ${limits.bodyBytesMax} bytes.`);
const wrongType = (detail: string) => problem('request.unsupported-media-type', detail);

/** Reads a whole body within its limits; stops reading as soon as one is passed. */
function readAll(request: FastifyRequest, payload: Readable, limits: BodyLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const fail = (error: Error): void => {
      finish();
      payload.resume();
      reject(error);
    };
    const timer = setTimeout(
      () => fail(problem('request.timeout', `The body did not arrive within ${limits.bodyTimeoutSeconds} s.`)),
      limits.bodyTimeoutSeconds * 1_000,
    );
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > limits.bodyBytesMax) fail(tooLarge(limits));
      else chunks.push(chunk);
    };
    const onEnd = (): void => {
      finish();
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes));
    };
    const onCut = (): void => fail(problem('request.malformed', 'The connection was cut before the body was complete.'));
    function finish(): void {
      clearTimeout(timer);
      payload.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onCut);
      payload.on('error', () => undefined);
    }
    if (Number(request.headers['content-length'] ?? 0) > limits.bodyBytesMax) return fail(tooLarge(limits));
    payload.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut);
  });
}

function checkEncoding(request: FastifyRequest): void {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') throw wrongType('Compressed bodies are not taken.');
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) throw wrongType('Bodies must be UTF-8.');
}

const takesNdjson = (request: FastifyRequest): boolean => (request.routeOptions.config as RouteConfig).ndjson === true;

/** Takes JSON, strictly, and NDJSON as a raw stream on routes that ask for it; every other media type is answered 415. */
export function installBodyReaders(fastify: FastifyInstance, limits: BodyLimits): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', async (request: FastifyRequest, payload: Readable) => {
    if (takesNdjson(request)) throw wrongType('Send application/x-ndjson here.');
    checkEncoding(request);
    const bytes = await readAll(request, payload, limits);
    return bytes.length === 0 ? undefined : parseStrictJson(bytes, limits.jsonDepthMax);
  });
  fastify.addContentTypeParser('application/x-ndjson', async (request: FastifyRequest, payload: Readable) => {
    if (!takesNdjson(request)) throw wrongType('Send application/json here.');
    checkEncoding(request);
    return payload;
  });
  fastify.addHook('preValidation', (request, _reply, done) => {
    if (takesNdjson(request) && request.body === undefined) done(wrongType('Send application/x-ndjson here.'));
    else done();
  });
}
