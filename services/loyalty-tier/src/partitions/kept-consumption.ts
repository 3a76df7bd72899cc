import { setTimeout as delay } from 'node:timers/promises';
import type { Consumption } from '@regulars/ports';

const RESTART_DELAY_MS_MIN = 50;
const RESTART_DELAY_MS_MAX = 5_000;

/** A consumption that is opened again, with growing delays, whenever a fault ends it. */
export class KeptConsumption {
  private readonly stopped = new AbortController();
  private readonly loop: Promise<void>;
  private consumption: Consumption | undefined;
  private delayMs = RESTART_DELAY_MS_MIN;
  /** The fault that ended it last, until something is taken in again, or there is nothing more to take in. */
  fault: string | undefined;

  constructor(
    private readonly open: () => Consumption,
    private readonly onFault: (reason: string) => void,
  ) {
    this.loop = this.keep();
  }

  /** To be called when something has been taken in, and when everything has: the next fault is then a new one. */
  progressed(): void {
    this.delayMs = RESTART_DELAY_MS_MIN;
    this.fault = undefined;
  }

  /** Ends it after what is under way. */
  async close(): Promise<void> {
    this.stopped.abort();
    await this.consumption?.close();
    await this.loop;
  }

  private async keep(): Promise<void> {
    // Not in the caller's own tick: it has not got this object yet.
    await Promise.resolve();
    const { signal } = this.stopped;
    while (!signal.aborted) {
      try {
        this.consumption = this.open();
        await this.consumption.ended;
      } catch (error) {
        this.fault = error instanceof Error ? error.message : String(error);
        this.onFault(this.fault);
      }
      if (signal.aborted) break;
      await delay(this.delayMs, undefined, { signal }).catch(() => undefined);
      this.delayMs = Math.min(this.delayMs * 2, RESTART_DELAY_MS_MAX);
    }
  }
}
