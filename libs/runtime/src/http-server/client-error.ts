import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import type { ErrorCodeName } from '@regulars/kernel';
import { codedProblem, PROBLEM_MEDIA_TYPE } from '../problems/problem';
import { REQUEST_ID_HEADER } from '../requests/request-id';

const told: Readonly<Record<string, readonly [ErrorCodeName, string]>> = {
  HPE_HEADER_OVERFLOW: ['request.too-large', 'The head of the request is too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request.timeout', 'The head of the request did not arrive in time.'],
};

/** Answers what is not even HTTP, on the bare socket, and ends the connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const [code, detail] = told[error.code ?? ''] ?? (['request.malformed', 'This is not HTTP/1.1.'] as const);
  const problem = codedProblem(code, detail, randomUUID());
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `content-type: ${PROBLEM_MEDIA_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `${REQUEST_ID_HEADER}: ${problem.requestId}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
