import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '@regulars/kernel';

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Time that passes only when told to, for what waits by a clock. */
export class VirtualTime implements Clock {
  private nowMs = Date.parse('2026-03-01T10:00:00Z');
  private readonly sleepers = new Set<Sleeper>();

  now(): number {
    return this.nowMs;
  }

  /** Resolves after so many milliseconds of this time, or once stopped. */
  pause(ms: number, stopped: AbortSignal): Promise<void> {
    if (stopped.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.sleepers.delete(sleeper);
        stopped.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper: Sleeper = { dueMs: this.nowMs + ms, wake };
      this.sleepers.add(sleeper);
      stopped.addEventListener('abort', wake);
    });
  }

  /** Lets time pass; whoever is due is woken one after the other and does what it can before the next. */
  async advance(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    await settle();
    for (;;) {
      const next = [...this.sleepers].sort((a, b) => a.dueMs - b.dueMs)[0];
      if (!next || next.dueMs > endMs) break;
      this.nowMs = next.dueMs;
      next.wake();
      await settle();
    }
    this.nowMs = endMs;
  }
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  await turn();
  await turn();
}
