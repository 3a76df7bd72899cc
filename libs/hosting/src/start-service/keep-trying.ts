import { setTimeout as delay } from 'node:timers/promises';

/** How long is waited for one attempt, and between attempts; in milliseconds. The pause doubles after each failure up to its maximum. */
export interface Pace {
  /** Undefined: as long as it takes. */
  readonly attemptMsMax: number | undefined;
  readonly pauseMsMin: number;
  readonly pauseMsMax: number;
}

/** An attempt took longer than it may. */
export class AttemptTimedOut extends Error {
  constructor(seconds: number) {
    super(`No answer within ${seconds} s`);
    this.name = 'AttemptTimedOut';
  }
}

/** Waiting was ended from outside. */
export class StoppedWaiting extends Error {
  constructor() {
    super('Stopped while waiting');
    this.name = 'StoppedWaiting';
  }
}

/** What is tried until it succeeds. */
export interface Attempts<T> {
  readonly attempt: () => Promise<T>;
  /** Lets go of what an attempt brought that was no longer waited for. */
  readonly discard: (late: T) => Promise<void>;
  /** A fault that no further attempt can mend. */
  readonly isFinal: (error: unknown) => boolean;
  /** Told each failure, with the pause until the next attempt. */
  readonly failed: (error: unknown, attempts: number, pauseMs: number) => void;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

/** Tries until it succeeds, however long that takes. Rejects with a final fault, or with `StoppedWaiting` when the signal is aborted. */
export async function keepTrying<T>({ attempt, discard, isFinal, failed, pace, signal }: Attempts<T>): Promise<T> {
  let pauseMs = pace.pauseMsMin;
  for (let attempts = 1; ; attempts++) {
    if (signal.aborted) throw new StoppedWaiting();
    try {
      return await withinTime(attempt, discard, pace.attemptMsMax, signal);
    } catch (error) {
      if (error instanceof StoppedWaiting || isFinal(error)) throw error;
      failed(error, attempts, pauseMs);
    }
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, pace.pauseMsMax);
  }
}

/** One attempt; what it brings after nobody waits for it any more is let go of. */
async function withinTime<T>(
  attempt: () => Promise<T>,
  discard: (late: T) => Promise<void>,
  msMax: number | undefined,
  signal: AbortSignal,
): Promise<T> {
  let abandon: (why: Error) => void = () => undefined;
  const abandoned = new Promise<never>((_, reject) => (abandon = reject));
  const onStop = () => abandon(new StoppedWaiting());
  const timer = msMax === undefined ? undefined : setTimeout(() => abandon(new AttemptTimedOut(msMax / 1_000)), msMax);
  signal.addEventListener('abort', onStop);
  const work = attempt();
  try {
    return await Promise.race([work, abandoned]);
  } catch (error) {
    // A no-op where the attempt itself failed.
    void work.then(discard).catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onStop);
  }
}
