import type { Position } from '@regulars/kernel';
import type { Consumption, Watermark } from '@regulars/ports';

/** How far something has read, by source: the log, or the partitions of a topic. */
export type Cursor = Readonly<Record<string, Position>>;

/** The source whose positions are the log's own: a service's event store, or a bus that derives its messages from there. */
export const LOG_SOURCE = 'log';

/** Begins the entries of a cursor that name a parked item taken in after all; all others name sources. */
export const REDRIVEN = 'redriven/';

/** What a projector gives to its feed. */
export interface FeedOptions<Item> {
  /** Where to go on, by source. */
  readonly from: Cursor;
  /** Who reads: the versions of a projection each follow all sources, the processes that keep one version share them out. */
  readonly version: string;
  /** One batch at a time; may be empty where the feed only moved on. */
  readonly onBatch: (items: readonly Item[], upTo: Cursor) => Promise<void>;
  readonly onCaughtUp: () => void;
  /** All sources followed from now on. A feed that never tells follows the log. */
  readonly onSources: (sources: readonly string[]) => Promise<void>;
  /** Between the batches of a source: everything of the log up to there has been handed over on it. */
  readonly onWatermark: (source: string, watermark: Watermark) => void;
}

/** What reads events or messages in order from a cursor on: the event store, or the bus. */
export interface Feed<Item> {
  (options: FeedOptions<Item>): Consumption;
  /** When the first event after a position of the log was recorded, ISO 8601; undefined where there is none. For lag only. */
  readonly firstAfter?: ((position: Position | undefined) => Promise<string | undefined>) | undefined;
}

/** One version of a projection's content, live or being built. */
export interface ProjectionVersion<Item> {
  readonly version: string;
  /** How far the content goes; what it names is inside. */
  cursor(): Cursor;
  /**
   * Takes items in, exactly once by their position. Throws `Poison` for an item that can never be taken in (nothing of
   * the batch has then taken effect), anything else for a fault that may pass.
   */
  apply(items: readonly Item[], upTo: Cursor): Promise<void>;
  /** Makes what was applied durable. */
  flush(): Promise<void>;
  /** Canonical digest of the content: equal content, equal digest. */
  digest(): Promise<string>;
  close(): Promise<void>;
}

/** Something built from events that can be built again beside itself. */
export interface Projection<Item> {
  readonly name: string;
  activeVersion(): Promise<string | undefined>;
  /** Opens a version where it stands; a new one is empty. */
  open(version: string): Promise<ProjectionVersion<Item>>;
  /** Makes `to` the version readers see, only if `from` still is; atomic; answers whether it did. */
  switchVersion(from: string | undefined, to: ProjectionVersion<Item>): Promise<boolean>;
  drop(version: string): Promise<void>;
  /** The key whose later items must wait when this one is parked. */
  keyOf(item: Item): string;
  /** What a person needs to recognise a parked item. */
  describe(item: Item): { readonly id: string; readonly type: string; readonly position: Position };
}

/** An item that can never be taken in, whatever is tried: it is parked, and what follows for its key with it. */
export class Poison extends Error {
  constructor(
    message: string,
    /** Index of the item in its batch; 0 where there is only one. */
    readonly index: number = 0,
  ) {
    super(message);
    this.name = 'Poison';
  }
}
