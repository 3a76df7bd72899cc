import { StoreUnavailable } from '@regulars/ports';
import type { Logger } from '@regulars/runtime';
import { AttemptTimedOut } from './keep-trying';

/** Damage and settings that no waiting mends; told by name, since the errors are the adapters' own. */
const FINAL = /^(ConfigurationError|LogDamaged|ReadModelsDamaged|LedgerDamaged)$/;

/** A server that is away, in the words of other adapters. */
const AWAY = /Unavailable$/;

/** Whether no further attempt can mend a fault. */
export function isFinalFault(error: unknown): boolean {
  return error instanceof Error && FINAL.test(error.name);
}

/** A fault in words that may be public: no addresses, no names, nothing the server said. */
export function publicReason(error: unknown): string {
  const away = error instanceof StoreUnavailable || error instanceof AttemptTimedOut || (error instanceof Error && AWAY.test(error.name));
  return away ? 'cannot be reached yet; it is tried again' : 'is not as it must be yet, see the log; it is tried again';
}

/** What a process waits for, by name, each in public words. Logged where it changes, and each failed attempt once. */
export class WaitedFor {
  private readonly states = new Map<string, string>();

  constructor(
    private readonly logger: Logger,
    private readonly clean: (text: string) => string,
  ) {}

  /** As the waiting room answers it. */
  list(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.states);
  }

  set(name: string, state: string | undefined): void {
    if (state === undefined) this.states.delete(name);
    else this.states.set(name, state);
  }

  failed(name: string, error: unknown, reason: string, attempts: number, pauseMs: number): void {
    this.set(name, reason);
    const cause = this.clean(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    this.logger.warn({ waits_for: name, attempts, next_attempt_ms: pauseMs, cause }, `waiting for ${name}`);
  }
}
