import type { Clock, Position } from '@regulars/kernel';
import type { Projector } from '../projections/projector';
import type { LiveProjection } from './live-projection';
import { type ReplayRecord, type ReplayView, UNDER_WAY } from './replay-record';

/** What progress is measured with. */
export interface ReplayMeasures {
  readonly clock: Clock;
  /** How far into the log a position lies, in bytes where it is embedded; for progress only. */
  readonly measure: (position: Position | undefined) => number;
}

interface Builder {
  readonly projector: Projector<unknown>;
  resumedAtMs: number;
  resumedAtBytes: number;
}

/** The versions being built in this process, by replay, and how fast they come on. */
export class ReplayBuilders {
  private readonly builders = new Map<string, Builder>();

  constructor(private readonly options: ReplayMeasures) {}

  /** The projector of a replay's version, opened where it is not yet; not started. */
  async projectorOf(record: ReplayRecord, live: LiveProjection): Promise<Projector<unknown>> {
    return (await this.builderOf(record, live)).projector;
  }

  /** Goes on building, measured from now on. */
  async start(record: ReplayRecord, live: LiveProjection): Promise<Projector<unknown>> {
    const builder = await this.builderOf(record, live);
    builder.resumedAtMs = this.options.clock.now();
    builder.resumedAtBytes = this.measured(builder.projector);
    builder.projector.start();
    return builder.projector;
  }

  /** Stops building for now. */
  async stop(id: string): Promise<void> {
    await this.builders.get(id)?.projector.stop();
  }

  /** Leaves a version to whoever reads it now. */
  forget(id: string): void {
    this.builders.delete(id);
  }

  /** Stops and closes one, or all; what was built stays. */
  async close(id?: string): Promise<void> {
    for (const [each, { projector }] of [...this.builders]) {
      if (id !== undefined && each !== id) continue;
      this.builders.delete(each);
      await projector.stop();
      await projector.content.close();
    }
  }

  /** A replay as operations see it, the log reaching to `head`. */
  view({ revision: _, ...record }: ReplayRecord, head: Position | undefined): ReplayView {
    const total = this.options.measure(head);
    const builder = this.builders.get(record.id);
    if (!builder) {
      const processed = UNDER_WAY.includes(record.state) ? 0 : total;
      return { ...record, processed, total, ratePerSecond: null, etaSeconds: null };
    }
    const processed = this.measured(builder.projector);
    const seconds = (this.options.clock.now() - builder.resumedAtMs) / 1_000;
    const ratePerSecond = record.state === 'running' && seconds > 0 ? Math.round((processed - builder.resumedAtBytes) / seconds) : null;
    const etaSeconds = ratePerSecond ? Math.ceil((total - processed) / ratePerSecond) : null;
    return { ...record, processed, total, ratePerSecond, etaSeconds };
  }

  private async builderOf(record: ReplayRecord, live: LiveProjection): Promise<Builder> {
    const known = this.builders.get(record.id);
    if (known) return known;
    const builder = { projector: await live.beside(record.version), resumedAtMs: this.options.clock.now(), resumedAtBytes: 0 };
    this.builders.set(record.id, builder);
    return builder;
  }

  private measured(projector: Projector<unknown>): number {
    return this.options.measure(projector.passed());
  }
}
