import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Position } from '@regulars/kernel';
import type { DeadLetters } from '../dead-letters/dead-letters';
import type { Feed, Projection } from '../projections/projection';
import type { Report } from '../projections/parking-intake';
import { Projector } from '../projections/projector';

/** How long a read waits for what was acknowledged before it. */
const FRESH_MS_MAX = 5_000;

/** How long to wait before looking again at a projector that stands still. */
const STANDSTILL_MS = 20;

/** What a live projection is made of. */
export interface LiveProjectionOptions<Item> {
  readonly projection: Projection<Item>;
  readonly feed: Feed<Item>;
  readonly deadLetters: DeadLetters;
  readonly report: Report;
  /** Version made when there is none yet. */
  readonly firstVersion?: string;
}

/** The version of a projection that readers see, kept up to date, and exchangeable while it runs. */
export class LiveProjection<Item = unknown> {
  private constructor(
    private readonly options: LiveProjectionOptions<Item>,
    private projector: Projector<Item>,
  ) {}

  /** Opens the active version (or makes the first) without starting it. */
  static async open<Item>(options: LiveProjectionOptions<Item>): Promise<LiveProjection<Item>> {
    const { projection } = options;
    const active = await projection.activeVersion();
    const content = await projection.open(active ?? options.firstVersion ?? 'v1');
    if (active === undefined) await projection.switchVersion(undefined, content);
    return new LiveProjection(options, LiveProjection.projectorOf(options, content));
  }

  get name(): string {
    return this.options.projection.name;
  }

  /** The projector of the live version. */
  get live(): Projector<Item> {
    return this.projector;
  }

  /**
   * Resolves when readers see a position, or after `withinMs`: a read then answers with what is there. Never rejects: a projector that
   * stands still for a switch is waited for.
   */
  async fresh(position: Position | undefined, withinMs: number = FRESH_MS_MAX): Promise<void> {
    if (position === undefined) return;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), withinMs);
    const giveUp = once(late.signal, 'abort').then(() => true);
    let done = false;
    while (!done) {
      const reached = this.projector.reached(position).then(
        () => true,
        () => delay(STANDSTILL_MS, false),
      );
      done = await Promise.race([reached, giveUp]);
    }
    clearTimeout(timer);
  }

  /** A projector over another version, new or left from before; not started. */
  async beside(version: string): Promise<Projector<Item>> {
    return LiveProjection.projectorOf(this.options, await this.options.projection.open(version));
  }

  start(): void {
    this.projector.start();
  }

  async close(): Promise<void> {
    await this.projector.stop();
    await this.projector.content.close();
  }

  /** Removes a version that is not live. */
  drop(version: string): Promise<void> {
    return this.options.projection.drop(version);
  }

  /**
   * Makes another version the live one: both stand still, the switch is one atomic step, then the new one goes on. Answers
   * false, and nothing changed, where another version became live meanwhile. The old content is closed, not removed.
   */
  async switchTo(next: Projector<Item>): Promise<boolean> {
    const before = this.projector;
    let switched = false;
    try {
      await before.stop();
      await next.stop();
      switched = await this.options.projection.switchVersion(before.content.version, next.content);
    } finally {
      // Whatever failed, readers' version goes on.
      this.projector = switched ? next : before;
      this.projector.start();
    }
    if (switched) await before.content.close();
    return switched;
  }

  private static projectorOf<Item>(options: LiveProjectionOptions<Item>, content: Awaited<ReturnType<Projection<Item>['open']>>) {
    return new Projector(options.projection, content, options.feed, options.deadLetters, options.report);
  }
}
