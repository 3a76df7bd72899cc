import { isPassing, toCallerError } from './failures';

/** How often and how long something is tried. */
export interface RetryOptions {
  /** Tries in all, at least 1. */
  readonly attemptsMax: number;
  /** Before the second try, in milliseconds; doubles with each further one, up to `pauseMsMax`. */
  readonly pauseMs: number;
  readonly pauseMsMax: number;
}

/** Milliseconds to wait before try number `attempt` (2 is the first repetition). */
export function pauseBefore(attempt: number, { pauseMs, pauseMsMax }: RetryOptions): number {
  return Math.min(pauseMs * 2 ** Math.min(attempt - 2, 20), pauseMsMax);
}

/** Waits; less long when the signal is given. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/**
 * Counts failures in a row and waits between tries; throws what the caller is to be told when there were too many
 * or when trying again cannot help.
 */
export class Retries {
  private failed = 0;

  constructor(
    private readonly options: RetryOptions,
    private readonly signal?: AbortSignal,
  ) {}

  /** After progress: the next failure is the first again. */
  succeeded(): void {
    this.failed = 0;
  }

  /** Waits before the next try, or throws `StoreUnavailable`, or the error itself where repeating is of no use. */
  async afterFailure(error: unknown): Promise<void> {
    this.failed++;
    if (!isPassing(error) || this.failed >= this.options.attemptsMax || this.signal?.aborted) throw toCallerError(error);
    await pause(pauseBefore(this.failed + 1, this.options), this.signal);
  }
}

/** Does something, again where a passing fault is in the way. */
export async function withRetries<T>(options: RetryOptions, signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T> {
  const retries = new Retries(options, signal);
  for (;;) {
    try {
      return await task();
    } catch (error) {
      await retries.afterFailure(error);
    }
  }
}
