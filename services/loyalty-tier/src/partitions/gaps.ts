import { type Cursor, type DeadLetters, deadLetterId, REDRIVEN } from '@regulars/engine';
import { CodedError } from '@regulars/kernel';
import type { DeliveredMessage } from '@regulars/ports';
import { CONTRIBUTION, LedgerVersion } from '../contribution/projection';

/** Begins the entries of a ledger's cursor that name a dead letter: its message came, was parked, and is not inside. */
const GAP = 'gap/';

/**
 * The ledger of a partition that remembers, beside its place, which messages it has passed over because they were parked. The partition
 * may go to another process, be re-driven there, and come back: what is on this disk then lacks what the other took in.
 */
export class LedgerWithGaps extends LedgerVersion {
  private batch: readonly DeliveredMessage[] = [];

  /** To be told before a batch is taken in or parked, so that what is left out of it is known for parked. */
  begin(batch: readonly DeliveredMessage[]): void {
    this.batch = batch;
  }

  override apply(messages: readonly DeliveredMessage[], upTo: Cursor): Promise<void> {
    // What is re-driven names no place in the partition, and is no part of the batch.
    const isBatch = upTo[this.version] !== undefined;
    const gaps = isBatch && messages.length < this.batch.length ? this.gapsBeside(messages) : {};
    return super.apply(messages, { ...upTo, ...gaps });
  }

  /**
   * Takes in what was re-driven elsewhere since it was passed over here. Throws Error where a message's letter is gone, so that nobody can
   * know: the ledger must be built again.
   */
  async fill(deadLetters: DeadLetters): Promise<void> {
    const gaps = Object.keys(this.cursor()).filter((entry) => entry.startsWith(GAP));
    for (const id of gaps.map((entry) => entry.slice(GAP.length))) {
      const once = `${REDRIVEN}${id}`;
      if (this.cursor()[once] !== undefined) continue;
      const letter = await letterOf(deadLetters, id, this.version);
      if (letter.status === 'redriven') await this.apply([letter.item as unknown as DeliveredMessage], { [once]: letter.position });
    }
  }

  private gapsBeside(taken: readonly DeliveredMessage[]): Cursor {
    const inside = new Set(taken);
    const consumer = `${CONTRIBUTION}@${this.version}`;
    const gaps = this.batch.filter((message) => !inside.has(message));
    return Object.fromEntries(gaps.map(({ id, position }) => [`${GAP}${deadLetterId({ consumer, itemId: id, position })}`, position]));
  }
}

async function letterOf(deadLetters: DeadLetters, id: string, source: string) {
  try {
    return await deadLetters.get(id);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    throw new Error(`the dead letter ${id} is gone: remove the ledger of ${source} on this disk, so that it is built again`, {
      cause: error,
    });
  }
}
