import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Logger } from '../logging/logger';
import { routePattern } from '../requests/route-pattern';
import { errorToProblem } from './error-to-problem';
import { PROBLEM_MEDIA_TYPE, type Problem, RETRY_AFTER_SECONDS } from './problem';

/** Sends a problem. Does nothing where the answer has begun: a stream that fails midway can only be cut. */
export function sendProblem(reply: FastifyReply, problem: Problem): void {
  if (reply.sent || reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  if (problem.status === 503) void reply.header('retry-after', RETRY_AFTER_SECONDS);
  void reply.code(problem.status).header('content-type', PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem));
}

/** Answers an error with its problem and logs the ones the caller is not to blame for. */
export function answerError(logger: Logger, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = errorToProblem(error, request.id);
  if (problem.status >= 500 && problem.code !== 'platform.stopping') {
    logger.error(
      { err: error, requestId: request.id, method: request.method, route: routePattern(request), code: problem.code },
      'request failed',
    );
  }
  // The rest of such a body is not waited for.
  if (problem.code === 'request.too-large' || problem.code === 'request.timeout') void reply.header('connection', 'close');
  if (problem.code === 'access.unauthenticated') void reply.header('www-authenticate', 'Bearer realm="regulars"');
  sendProblem(reply, problem);
}

/** Everything thrown inside Nest, answered as a problem. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    answerError(this.logger, error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}
