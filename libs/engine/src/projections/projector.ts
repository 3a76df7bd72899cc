import { setTimeout as delay } from 'node:timers/promises';
import type { Position } from '@regulars/kernel';
import type { Consumption, DeliveredMessage } from '@regulars/ports';
import type { DeadLetters } from '../dead-letters/dead-letters';
import { Advance } from './advance';
import { LogProgress } from './log-progress';
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
  private readonly progress: LogProgress;

  constructor(
    private readonly projection: Projection<Item>,
    readonly content: ProjectionVersion<Item>,
    private readonly feed: Feed<Item>,
    private readonly deadLetters: DeadLetters,
    private readonly report: Report,
  ) {
    this.intake = new ParkingIntake(projection, content, deadLetters, report);
    this.progress = new LogProgress(content);
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

  /**
   * Resolves once the content includes everything up to a position of the log, on every source followed; rejects when the projector is
   * stopped before. After a restart it waits for a watermark of each partition, also where the content stands there already.
   */
  async reached(position: Position): Promise<void> {
    while (!this.progress.reached(position)) {
      this.hurry();
      if (!this.running) throw new Error(`Projection ${this.projection.name} was stopped before it reached the position`);
      await new Promise<void>((wake) => this.wakeWaiters.push(wake));
    }
  }

  /** The log position that every source followed has passed; undefined while that is not known of one. */
  passed(): Position | undefined {
    return this.progress.passed();
  }

  /**
   * The lowest log position at which the content can be whole: nothing in it lies beyond. Where that is not known after a restart, reads
   * on, while stopped, until it is, and takes nothing in.
   */
  async furthest(): Promise<Position | undefined> {
    if (this.progress.unknown().length > 0) await this.advance().findFurthest();
    return this.progress.furthest();
  }

  /**
   * Takes in exactly what lies up to a position of the log, on every source, while stopped: two versions are compared at one position.
   * What lies beyond already stays: see `furthest`.
   */
  async advanceTo(position: Position): Promise<void> {
    const advance = this.advance();
    if (this.progress.reached(position)) return;
    await advance.to(position);
    await this.content.flush();
  }

  /**
   * How far it is behind, in seconds, at a time in milliseconds. Behind an event store: the age of the first event not taken in yet, 0
   * where there is none. Behind a bus: the time since the log was last seen to end where the content stands; undefined before the first
   * watermark of a source.
   */
  async lagSeconds(nowMs: number): Promise<number | undefined> {
    const { firstAfter } = this.feed;
    const since = firstAfter ? await firstAfter(this.passed()) : this.progress.observedAt();
    if (since === undefined) return firstAfter ? 0 : undefined;
    return Math.max(0, nowMs - Date.parse(since)) / 1_000;
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
          version: this.content.version,
          onBatch: async (items, upTo) => {
            this.caughtUp = false;
            await this.intake.take(items, upTo);
            this.boundBy(items);
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
          onSources: (sources) => this.followSources(sources),
          onWatermark: (source, watermark) => {
            this.progress.note(source, watermark);
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

  /** Another process may have had a partition before, and parked or re-driven meanwhile. */
  private async followSources(sources: readonly string[]): Promise<void> {
    this.progress.follow(sources);
    if (sources.some((source) => source !== LOG_SOURCE)) await this.deadLetters.refresh(this.intake.consumer);
  }

  /** Of the log the cursor tells it, so only what came on partitions is looked at. */
  private boundBy(items: readonly Item[]): void {
    for (const item of items) {
      const { source = LOG_SOURCE, logPosition } = item as Partial<DeliveredMessage>;
      if (source === LOG_SOURCE) return;
      if (logPosition !== undefined) this.progress.bound(source, logPosition);
    }
  }

  private advance(): Advance<Item> {
    if (this.running) throw new Error('advanceTo needs a stopped projector');
    const { projection, content, feed, intake, progress } = this;
    return new Advance({ projection, content, feed, intake, progress, followSources: (sources) => this.followSources(sources) });
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
