import { setTimeout as delay } from 'node:timers/promises';

/** Settles like the promise, or rejects with `late()` after so many milliseconds; the promise itself goes on. */
export async function within<T>(milliseconds: number, promise: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds);
  });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, expiry]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves when the promise settles, or after so many milliseconds; answers whether it settled. */
export async function settledWithin(milliseconds: number, promise: Promise<unknown>): Promise<boolean> {
  const stop = new AbortController();
  const expiry = delay(milliseconds, false, { signal: stop.signal }).catch(() => false);
  const settled = promise.then(
    () => true,
    () => true,
  );
  const first = await Promise.race([settled, expiry]);
  stop.abort();
  return first;
}
