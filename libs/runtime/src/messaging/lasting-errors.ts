import { HttpException } from '@nestjs/common';
import { CodedError, errorCodes } from '@regulars/kernel';
import { ZodError } from 'zod';

/** Refusals that another attempt may not meet any more. */
const PASSING: ReadonlySet<string> = new Set(['concurrency.conflict', 'request.timeout']);
const SERVER_ERROR = 500;
const PASSING_STATUS: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** Whether an error says "no" for ever: the same message would meet it again however often it is handled. */
export function isLasting(error: unknown): boolean {
  if (error instanceof CodedError) return errorCodes[error.code].status < SERVER_ERROR && !PASSING.has(error.code);
  if (error instanceof HttpException) return error.getStatus() < SERVER_ERROR && !PASSING_STATUS.has(error.getStatus());
  return error instanceof ZodError;
}
