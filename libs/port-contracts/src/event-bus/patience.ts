import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_MS = 5;

/** Something to wait for until it is opened. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

/** A gate that is shut. */
export function newGate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** Fails with an AssertionError where the promise has not settled in time. */
export async function within<T>(what: string, promise: Promise<T>, patienceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new assert.AssertionError({ message: `not within ${patienceMs} ms: ${what}` })), patienceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Looks again and again until it holds; fails with an AssertionError where that takes too long. */
export async function until(what: string, holds: () => boolean, patienceMs: number): Promise<void> {
  const deadlineMs = performance.now() + patienceMs;
  while (!holds()) {
    assert.ok(performance.now() < deadlineMs, `not within ${patienceMs} ms: ${what}`);
    await delay(LOOK_MS);
  }
}
