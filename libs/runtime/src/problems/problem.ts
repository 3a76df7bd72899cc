import { CodedError, type ErrorCode, type ErrorCodeName, errorCodes, isRefusal, type Refusal } from '@regulars/kernel';

/** The body of every error answer: RFC 9457 problem details with the platform's own members. */
export interface Problem {
  /** `urn:regulars:error:<code>`; what the code means is in the errors reference. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** Stable name of the error; clients branch on it. */
  readonly code: string;
  /** What is wrong this time, for a person. No personal data. */
  readonly detail: string;
  /** `urn:regulars:request:<requestId>`: this very occurrence. Not the address, which may name a customer. */
  readonly instance: string;
  readonly requestId: string;
  readonly [fact: string]: unknown;
}

/** Media type of a problem. */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8';

/** When to come back after a 503, in seconds: what passes, passes within moments. */
export const RETRY_AFTER_SECONDS = 5;

/** An error to throw in a controller: answered with the code's status and `extra` as further members of the problem. */
export function problem(code: ErrorCodeName, detail: string, extra?: Readonly<Record<string, unknown>>): CodedError {
  return new CodedError(code, detail, extra);
}

/** Gives back what a use case answered; throws it as a problem if it is a refusal. */
export function orProblem<T>(result: T | Refusal): T {
  if (isRefusal(result)) throw problem(result.code, result.detail, result.facts);
  return result;
}

/** Writes the body. `meaning` need not be one of the listed codes, as long as it has a name. */
export function problemBody(
  name: string,
  meaning: ErrorCode,
  detail: string,
  requestId: string,
  extra?: Readonly<Record<string, unknown>>,
): Problem {
  return {
    ...extra,
    type: `urn:regulars:error:${name}`,
    title: meaning.title,
    status: meaning.status,
    code: name,
    detail,
    instance: `urn:regulars:request:${requestId}`,
    requestId,
  };
}

/** The problem body of a listed code. */
export function codedProblem(code: ErrorCodeName, detail: string, requestId: string, extra?: Readonly<Record<string, unknown>>): Problem {
  return problemBody(code, errorCodes[code], detail, requestId, extra);
}
