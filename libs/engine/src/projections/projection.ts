import type { Position } from '@regulars/kernel';
import type { Consumption } from '@regulars/ports';

/** How far something has read, by source: the log, or the partitions of a topic. */
export type Cursor = Readonly<Record<string, Position>>;

/** The source name of a service's own event store. */
export const LOG_SOURCE = 'log';

/** What reads events or messages in order from a cursor on: the event store, or the bus. */
export type Feed<Item> = (options: {
  readonly from: Cursor;
  /** One batch at a time; may be empty where the feed only moved on. */
  readonly onBatch: (items: readonly Item[], upTo: Cursor) => Promise<void>;
  readonly onCaughtUp: () => void;
}) => Consumption;

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
    /** Index of the item in its batch. */
    readonly index: number,
  ) {
    super(message);
    this.name = 'Poison';
  }
}
