import type { Position } from '@regulars/kernel';
import type { Consumption } from '@regulars/ports';
import { type ItemPlace, type LogProgress, placeOf } from './log-progress';
import type { ParkingIntake } from './parking-intake';
import { type Cursor, type Feed, type FeedOptions, LOG_SOURCE, type Projection, type ProjectionVersion } from './projection';

/** What an advance works on; nothing else may change it meanwhile. */
export interface AdvanceParts<Item> {
  readonly projection: Pick<Projection<Item>, 'describe'>;
  readonly content: ProjectionVersion<Item>;
  readonly feed: Feed<Item>;
  readonly intake: ParkingIntake<Item>;
  readonly progress: LogProgress;
  readonly followSources: (sources: readonly string[]) => Promise<void>;
}

/** Brings one version of a projection to an exact position of the log. Each source stops where it gets there; the others go on. */
export class Advance<Item> {
  /** Sources of which the next item lies beyond the position. */
  private readonly beyond = new Set<string>();
  private arrived: () => void = () => undefined;

  constructor(private readonly parts: AdvanceParts<Item>) {}

  /** Takes in what lies up to a position. Rejects with what the feed or an item's write failed with. */
  async to(position: Position): Promise<void> {
    const { intake, progress } = this.parts;
    const isThere = () => progress.reachedBut(position, this.beyond);
    const lookAround = () => {
      if (isThere()) this.arrived();
    };
    await this.read({
      onBatch: async (items, upTo) => {
        if (isThere()) return;
        const { within, end } = this.cut(position, items, upTo);
        await intake.take(within, end);
        lookAround();
      },
      onWatermark: (source, watermark) => {
        // What a stopped source hands over is not taken in any more, so its watermarks tell nothing.
        if (!this.beyond.has(source) && !progress.reached(position, source)) progress.note(source, watermark);
        lookAround();
      },
    });
    for (const source of this.beyond) progress.bound(source, position);
  }

  /** Reads on, taking nothing in, until it is known of every source what its part of the content does not lie beyond. */
  async findFurthest(): Promise<void> {
    const { progress } = this.parts;
    const tell = (source: string, logPosition: Position | undefined) => {
      if (logPosition !== undefined) progress.bound(source, logPosition);
      if (progress.unknown().length === 0) this.arrived();
    };
    await this.read({
      onBatch: async (items) => {
        for (const item of items) {
          const { source, logPosition } = this.place(item);
          if (progress.unknown().includes(source)) tell(source, logPosition);
        }
      },
      onWatermark: (source, watermark) => tell(source, watermark.logPosition),
    });
  }

  private async read(listener: Pick<FeedOptions<Item>, 'onBatch' | 'onWatermark'>): Promise<void> {
    const { content, feed, followSources } = this.parts;
    const arrival = new Promise<void>((resolve) => (this.arrived = resolve));
    const consumption: Consumption = feed({
      from: content.cursor(),
      version: content.version,
      onCaughtUp: () => undefined,
      onSources: followSources,
      ...listener,
    });
    try {
      await Promise.race([arrival, consumption.ended]);
    } finally {
      await consumption.close();
    }
  }

  /** The items up to the position, and how far the content then goes on each source. */
  private cut(position: Position, items: readonly Item[], upTo: Cursor): { within: readonly Item[]; end: Cursor } {
    const end: Record<string, Position> = {};
    const within: Item[] = [];
    for (const source of Object.keys(upTo)) if (!this.stopped(position, source)) end[source] = upTo[source] as Position;
    for (const item of items) {
      const place = this.place(item);
      if (this.stopped(position, place.source)) continue;
      if ((place.logPosition ?? '') > position) this.stop(position, place, end, within);
      else within.push(item);
    }
    if ((end[LOG_SOURCE] ?? '') > position) end[LOG_SOURCE] = position;
    return { within, end };
  }

  private stopped(position: Position, source: string): boolean {
    return this.beyond.has(source) || this.parts.progress.reached(position, source);
  }

  private stop(position: Position, { source }: ItemPlace, end: Record<string, Position>, within: readonly Item[]): void {
    this.beyond.add(source);
    if (source === LOG_SOURCE) end[source] = position;
    else {
      const last = within.findLast((item) => this.place(item).source === source);
      if (last === undefined) delete end[source];
      else end[source] = this.place(last).position;
    }
  }

  private place(item: Item): ItemPlace {
    return placeOf(item, this.parts.projection.describe(item).position);
  }
}
