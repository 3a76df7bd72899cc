import { HttpException } from '@nestjs/common';
import { CodedError, type ErrorCodeName, errorCodes, isRefusal } from '@regulars/kernel';
import { StoreUnavailable } from '@regulars/ports';
import { z } from 'zod';
import { codedProblem, type Problem } from './problem';
import { fieldErrors } from './schema-errors';

/** How an HTTP status that a library chose is told; what is not listed is a fault, or a malformed request below 500. */
const codeOfStatus: Readonly<Record<number, ErrorCodeName>> = {
  401: 'access.unauthenticated',
  403: 'access.forbidden',
  404: 'request.not-found',
  405: 'request.method-not-allowed',
  408: 'request.timeout',
  413: 'request.too-large',
  414: 'request.too-large',
  415: 'request.unsupported-media-type',
  422: 'request.invalid',
  431: 'request.too-large',
};

/** Own words for a library's error, whose message may quote the request. */
function ofStatus(status: number, requestId: string): Problem | undefined {
  if (status < 400 || status >= 500) return undefined;
  const code = codeOfStatus[status] ?? 'request.malformed';
  return codedProblem(code, errorCodes[code].whatToDo, requestId);
}

const statusOf = (error: unknown): number => {
  if (error instanceof HttpException) return error.getStatus();
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  return typeof code === 'string' && code.startsWith('FST_ERR_') && typeof statusCode === 'number' ? statusCode : 500;
};

/**
 * The problem that an error is answered with. Errors nobody foresaw become `platform.fault` and tell nothing of themselves.
 * Never a stack, never input values.
 */
export function errorToProblem(error: unknown, requestId: string): Problem {
  if (error instanceof CodedError) return codedProblem(error.code, error.message, requestId, error.facts);
  if (isRefusal(error)) return codedProblem(error.code, error.detail, requestId, error.facts);
  if (error instanceof z.core.$ZodError) {
    const errors = fieldErrors(error);
    return codedProblem('request.invalid', `${errors.length} field(s) do not match the schema.`, requestId, { errors });
  }
  if (error instanceof StoreUnavailable) return codedProblem('store.unavailable', errorCodes['store.unavailable'].whatToDo, requestId);
  const known = typeof error === 'object' && error !== null ? ofStatus(statusOf(error), requestId) : undefined;
  return known ?? codedProblem('platform.fault', `Something failed inside; the log has it under request ${requestId}.`, requestId);
}
