import type { JsonObject } from '@regulars/kernel';
import type { DeadLetters } from '../dead-letters/dead-letters';
import { type Cursor, LOG_SOURCE, Poison, type Projection, type ProjectionVersion, REDRIVEN } from './projection';

/** Tells operations what happened; never gets an item's content. */
export type Report = (event: 'parked' | 'fault', facts: { projection: string; version: string; reason: string }) => void;

/** What an intake needs to know of a projection. */
export type ParkedBy<Item> = Pick<Projection<Item>, 'name' | 'keyOf' | 'describe'>;

/** What became of a re-drive: how many were taken in, and the reason where one failed again. */
export interface RedriveOutcome {
  readonly redriven: number;
  readonly failed?: string;
}

/**
 * Takes items into one version of a projection. An item that can never be taken in is parked, durably, with the items of its key that
 * follow; what is parked counts as taken in. Anything else that goes wrong is thrown, and the batch may be given again.
 */
export class ParkingIntake<Item> {
  constructor(
    private readonly projection: ParkedBy<Item>,
    private readonly content: ProjectionVersion<Item>,
    private readonly deadLetters: DeadLetters,
    private readonly report: Report,
  ) {}

  /** The name this version's parked items are kept under. */
  get consumer(): string {
    return `${this.projection.name}@${this.content.version}`;
  }

  /** Takes in or parks each item; the content then stands at `upTo`. One call at a time. */
  async take(items: readonly Item[], upTo: Cursor): Promise<void> {
    let rest = await this.parkBlocked(items);
    for (;;) {
      try {
        return await this.content.apply(rest, upTo);
      } catch (error) {
        if (!(error instanceof Poison)) throw error;
        const bad = rest[error.index] as Item;
        await this.park(bad, error.message);
        rest = await this.parkBlocked(rest.filter((item) => item !== bad));
      }
    }
  }

  /** Takes a parked item and those of its key behind it in again, oldest first; stops at the first that fails again. */
  async redrive(consumer: string, key: string): Promise<RedriveOutcome> {
    let redriven = 0;
    for (const letter of await this.deadLetters.ofKey(consumer, key)) {
      const once = `${REDRIVEN}${letter.id}`;
      try {
        // The letter's id in the cursor makes this exactly-once where the content has no position of its own per item.
        if (this.content.cursor()[once] === undefined) await this.content.apply([letter.item as Item], { [once]: letter.position });
        await this.content.flush();
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        await this.deadLetters.failAgain(letter, reason);
        return { redriven, failed: reason };
      }
      await this.deadLetters.settle(letter);
      redriven++;
    }
    return { redriven };
  }

  private async parkBlocked(items: readonly Item[]): Promise<readonly Item[]> {
    if (this.deadLetters.count() === 0) return items;
    const free: Item[] = [];
    for (const item of items) {
      const { position } = this.projection.describe(item);
      const blocked = this.deadLetters.blocks(this.consumer, this.projection.keyOf(item), position, partitionOf(item));
      if (blocked) await this.park(item, 'waits behind a parked item of its key');
      else free.push(item);
    }
    return free;
  }

  private async park(item: Item, reason: string): Promise<void> {
    const { id, type, position } = this.projection.describe(item);
    const letter = { consumer: this.consumer, key: this.projection.keyOf(item), ...sourced(item), itemId: id, type, position, reason };
    await this.deadLetters.park({ ...letter, item: item as JsonObject });
    this.report('parked', { projection: this.projection.name, version: this.content.version, reason });
  }
}

/** The partition an item came on; undefined where it came from the log. */
function partitionOf(item: unknown): string | undefined {
  const { source } = item as { readonly source?: string };
  return source === LOG_SOURCE ? undefined : source;
}

function sourced(item: unknown): { readonly source?: string } {
  const source = partitionOf(item);
  return source === undefined ? {} : { source };
}
