import { setTimeout as delay } from 'node:timers/promises';

/** How long to wait between attempts. */
export interface BackOff {
  /** Before the second attempt, in milliseconds; doubled for each that follows. */
  readonly delayMsMin: number;
  /** Never longer than this, in milliseconds. */
  readonly delayMsMax: number;
}

/** Milliseconds to wait after so many failed attempts: doubled each time, and half of it at random, so that not all come back at once. */
export function backOffMs({ delayMsMin, delayMsMax }: BackOff, failures: number, random: () => number): number {
  const doublings = Math.min(failures - 1, 30);
  const wholeMs = Math.min(delayMsMax, delayMsMin * 2 ** doublings);
  return Math.floor(wholeMs / 2 + (random() * wholeMs) / 2);
}

/** Waits, or less where the signal is given before; never rejects. */
export async function waitUnless(stopped: AbortSignal, ms: number): Promise<void> {
  await delay(ms, undefined, { signal: stopped }).catch(() => undefined);
}
