import { setTimeout as delay } from 'node:timers/promises';
import type { Position } from '@regulars/kernel';
import type { Consumption } from '@regulars/ports';
import type { DeadLetters } from '../dead-letters/dead-letters';
import { ParkingIntake, type RedriveOutcome, type Report } from './parking-intake';
import { type Cursor, type Feed, LOG_SOURCE, type Projection, type ProjectionVersion } from './projection';

/** How long a projector that nobody waits for lets events gather: fewer, larger writes. */
const GATHER_MS = 25;
const RESTART_DELAY_MS_MIN = 50;
const RESTART_DELAY_MS_MAX = 5_000;

/** How a projector stands. */
export interface ProjectorStatus {
  readonly name: string;
  readonly version: string;
  readonly cursor: Cursor;
  /** Everything the feed had was applied when it last looked, and nothing failed since. */
  readonly caughtUp: boolean;
  /** The last fault, while it lasts. */
  readonly fault?: string | undefined;
}

/**
 * Keeps one version of a projection up to date from its feed. An item that can never be taken in is parked with the
 * items of its key that follow; a passing fault stops the feed, which is opened again from where the content stands.
 */
export class Projector<Item> {
  private consumption: Consumption | undefined;
  private running = false;
  private loop: Promise<void> = Promise.resolve();
  private caughtUp = false;
  private fault: string | undefined;
  private wakeWaiters: (() => void)[] = [];
  private stopDelay = new AbortController();
  private hurry: () => void = () => undefined;
  private readonly intake: ParkingIntake<Item>;

  constructor(
    private readonly projection: Projection<Item>,
    readonly content: ProjectionVersion<Item>,
    private readonly feed: Feed<Item>,
    deadLetters: DeadLetters,
    private readonly report: Report,
  ) {
    this.intake = new ParkingIntake(projection, content, deadLetters, report);
  }

  /** Starts following the feed. Safe to call again after `stop`. */
  start(): void {
    if (this.running) return;
    this.running = true;
    this.stopDelay = new AbortController();
    this.loop = this.follow();
  }

  /** Stops after the batch under way; what was applied is durable then. */
  async stop(): Promise<void> {
    this.running = false;
    this.stopDelay.abort();
    this.hurry();
    await this.consumption?.close();
    await this.loop;
    await this.content.flush();
  }

  status(): ProjectorStatus {
    const { name } = this.projection;
    return { name, version: this.content.version, cursor: this.content.cursor(), caughtUp: this.caughtUp, fault: this.fault };
  }

  /** Resolves once the content includes a position of the log; rejects when the projector is stopped before. */
  async reached(position: Position): Promise<void> {
    while ((this.content.cursor()[LOG_SOURCE] ?? '') < position) {
      this.hurry();
      if (!this.running) throw new Error(`Projection ${this.projection.name} was stopped before it reached the position`);
      await new Promise<void>((wake) => this.wakeWaiters.push(wake));
    }
  }

  /** Takes in exactly what lies up to a position of the log, while stopped: two versions are compared at one position. */
  async advanceTo(position: Position): Promise<void> {
    if (this.running) throw new Error('advanceTo needs a stopped projector');
    if ((this.content.cursor()[LOG_SOURCE] ?? '') >= position) return;
    let arrived: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const consumption = this.feed({
      from: this.content.cursor(),
      onBatch: async (items, upTo) => {
        if ((this.content.cursor()[LOG_SOURCE] ?? '') >= position) return;
        const within = items.filter((item) => this.projection.describe(item).position <= position);
        const beyond = (upTo[LOG_SOURCE] ?? '') > position;
        await this.intake.take(within, beyond ? { ...upTo, [LOG_SOURCE]: position } : upTo);
        if ((this.content.cursor()[LOG_SOURCE] ?? '') >= position) arrived();
      },
      onCaughtUp: () => undefined,
    });
    try {
      await Promise.race([arrival, consumption.ended]);
    } finally {
      await consumption.close();
    }
    await this.content.flush();
  }

  /** Takes a parked item and those of its key behind it in again, oldest first; stops at the first that fails again. */
  redrive(consumer: string, key: string): Promise<RedriveOutcome> {
    return this.intake.redrive(consumer, key);
  }

  private async follow(): Promise<void> {
    let delayMs = RESTART_DELAY_MS_MIN;
    while (this.running) {
      try {
        this.consumption = this.feed({
          from: this.content.cursor(),
          onBatch: async (items, upTo) => {
            this.caughtUp = false;
            await this.intake.take(items, upTo);
            delayMs = RESTART_DELAY_MS_MIN;
            this.fault = undefined;
            this.wake();
            await this.gather();
          },
          onCaughtUp: () => {
            this.caughtUp = true;
            this.fault = undefined;
            this.wake();
          },
        });
        await this.consumption.ended;
      } catch (error) {
        // The feed may fail to open as well, not only end.
        this.failed(error);
      }
      if (!this.running) break;
      await delay(delayMs, undefined, { signal: this.stopDelay.signal }).catch(() => undefined);
      delayMs = Math.min(delayMs * 2, RESTART_DELAY_MS_MAX);
    }
    this.wake();
  }

  private async gather(): Promise<void> {
    if (!this.running || this.wakeWaiters.length > 0) return;
    await new Promise<void>((go) => {
      const timer = setTimeout(go, GATHER_MS);
      this.hurry = () => {
        clearTimeout(timer);
        go();
      };
    });
  }

  private failed(error: unknown): void {
    this.caughtUp = false;
    this.fault = error instanceof Error ? error.message : String(error);
    this.report('fault', { projection: this.projection.name, version: this.content.version, reason: this.fault });
  }

  private wake(): void {
    const waiters = this.wakeWaiters;
    this.wakeWaiters = [];
    for (const wake of waiters) wake();
  }
}
