import type { FastifyInstance } from 'fastify';
import { problem } from '../problems/problem';

/** Counts requests under way and, once stopping, takes no new ones; connections are closed as they fall idle. */
export class RequestsUnderWay {
  private readonly abort = new AbortController();
  private count = 0;

  constructor(private readonly fastify: FastifyInstance) {
    const finished = (): void => this.finished();
    fastify.addHook('onRequest', (_request, reply, done) => {
      this.count++;
      reply.raw.once('close', finished);
      if (!this.abort.signal.aborted) return done();
      done(problem('platform.stopping', 'The platform is shutting down and takes no new requests.'));
    });
    fastify.addHook('onSend', (_request, reply, _payload, done) => {
      if (this.abort.signal.aborted) void reply.header('connection', 'close');
      done();
    });
  }

  /** Aborted when stopping begins. */
  get stopping(): AbortSignal {
    return this.abort.signal;
  }

  /** How many requests have not been answered to the end. */
  get pending(): number {
    return this.count;
  }

  stop(): void {
    this.abort.abort();
  }

  private finished(): void {
    this.count--;
    if (this.abort.signal.aborted) setImmediate(() => this.fastify.server.closeIdleConnections());
  }
}
