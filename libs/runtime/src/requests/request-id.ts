import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Header with the request's id, both ways. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** The caller's id of the request where it is plain (1 to 128 of A-Z a-z 0-9 . _ : -), else a new UUID. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headers[REQUEST_ID_HEADER];
  return typeof given === 'string' && /^[A-Za-z0-9._:-]{1,128}$/.test(given) ? given : randomUUID();
}
