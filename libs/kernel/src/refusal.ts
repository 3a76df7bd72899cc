import type { ErrorCodeName } from './error-codes';
import type { JsonObject } from './json';

/**
 * An expected "no": a value, not an exception. The code is stable and part of the interface (see `errorCodes`);
 * the detail is for a person and holds no personal data.
 */
export interface Refusal {
  readonly refused: true;
  readonly code: ErrorCodeName;
  readonly detail: string;
  /** Machine-readable facts about this very refusal, for example the field or the quantity left. */
  readonly facts?: JsonObject | undefined;
}

/** Makes a refusal. */
export function refused(code: ErrorCodeName, detail: string, facts?: JsonObject): Refusal {
  return { refused: true, code, detail, ...(facts ? { facts } : {}) };
}

/** Tells a refusal from any other result. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && (value as Refusal).refused === true;
}
