import type { z } from 'zod';

/** One field that does not match. */
export interface FieldError {
  /** `lines[0].quantity`; empty for the whole body. */
  readonly path: string;
  readonly message: string;
}

const ERRORS_MAX = 50;
const TEXT_MAX = 200;

type Issue = z.core.$ZodIssue;

const pathText = (path: readonly PropertyKey[]): string =>
  path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('')
    .slice(0, TEXT_MAX);

/** Of a union, the alternative that came closest is the one worth telling: the one with the fewest issues. */
function flatten(issue: Issue, prefix: readonly PropertyKey[]): FieldError[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const closest = issue.errors.reduce((best, other) => (other.length < best.length ? other : best));
    if (closest.length > 0) return closest.flatMap((inner) => flatten(inner, path));
  }
  return [{ path: pathText(path), message: issue.message.slice(0, TEXT_MAX) }];
}

/** What a schema found wrong, as at most 50 fields with a message each. No values of the input. */
export function fieldErrors(error: { readonly issues: readonly Issue[] }): readonly FieldError[] {
  return error.issues.flatMap((issue) => flatten(issue, [])).slice(0, ERRORS_MAX);
}
