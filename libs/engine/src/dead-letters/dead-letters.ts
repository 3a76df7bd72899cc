import { CodedError, type Clock, type JsonObject, naturalId, type Position } from '@regulars/kernel';
import type { DocumentCollection, DocumentStore } from '@regulars/ports';

/** Most letters that a process knows of, of all consumers, before the next one to park something stops and calls for a person. */
const PARKED_MAX = 10_000;
/** Most letters looked at in one go; several processes may have parked at the same moment. */
const READ_MAX = 10 * PARKED_MAX;
/** Letters of a page: each may be as large as the largest message. */
const PAGE = 100;
/** Others may note failed attempts meanwhile, as often as people re-drive the same letter at the same moment. */
const SETTLE_ROUNDS_MAX = 10;

/** An item that could not be taken in, with the reason; or that waits behind one. */
export interface DeadLetter extends JsonObject {
  readonly id: string;
  readonly consumer: string;
  readonly key: string;
  /** The partition it came on; absent where it came from the log. Positions and keys are of one source. */
  readonly source?: string | undefined;
  readonly itemId: string;
  readonly type: string;
  readonly position: Position;
  readonly reason: string;
  readonly parkedAt: string;
  readonly attempts: number;
  readonly status: 'parked' | 'redriven';
  /** The item itself, as it came. */
  readonly item: JsonObject;
}

/** The id of an item's letter: the same whoever parks it. */
export function deadLetterId({ consumer, itemId, position }: Pick<DeadLetter, 'consumer' | 'itemId' | 'position'>): string {
  return naturalId('dead-letter', consumer, itemId, position);
}

/** The parked items of all consumers, kept durably; a parked key blocks its later items until it is re-driven. */
export class DeadLetters {
  /** The parked letters of a key, lowest position first. */
  private readonly parkedOf = new Map<string, Parked[]>();
  private parked = 0;
  /** What changes the letters or reads them all goes one after the other, so that `refresh` misses nothing. */
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly letters: DocumentCollection<DeadLetter>,
    private readonly clock: Clock,
  ) {}

  /** Opens them and remembers which keys are blocked. */
  static async open(store: DocumentStore, clock: Clock): Promise<DeadLetters> {
    const letters = await store.collection<DeadLetter>({
      name: 'dead-letters',
      version: 'v1',
      indexes: ['consumer', 'status', 'position'],
    });
    const opened = new DeadLetters(letters, clock);
    await opened.refresh();
    return opened;
  }

  /**
   * Reads again what is parked, of one consumer or of all: for when another process may have parked or re-driven meanwhile, as when a
   * partition comes from there. Throws where far more is parked than any process parks.
   */
  refresh(consumer?: string): Promise<void> {
    return this.inTurn(async () => {
      const found = await this.read(consumer, ({ id, key, source, position, consumer }) => ({ id, consumer, key, source, position }));
      for (const [slotName, letters] of this.parkedOf) {
        if (consumer !== undefined && consumerOf(slotName) !== consumer) continue;
        this.parkedOf.delete(slotName);
        this.parked -= letters.length;
      }
      for (const letter of found) this.block(letter);
    });
  }

  /** True where this item of the key, or an earlier one, is parked. What came before the first parked one is free to go. */
  blocks(consumer: string, key: string, position: Position, source?: string): boolean {
    const first = this.parkedOf.get(slot({ consumer, key, source }))?.[0];
    return first !== undefined && first.position <= position;
  }

  /**
   * As `blocks`, but sure of it where another process may have re-driven what is parked: a key that was let go there is let go here.
   */
  async stillBlocks(consumer: string, key: string, position: Position, source?: string): Promise<boolean> {
    while (this.blocks(consumer, key, position, source)) {
      const first = this.parkedOf.get(slot({ consumer, key, source }))?.[0];
      if (!first || (await this.get(first.id)).status === 'parked') return true;
      this.release(first);
    }
    return false;
  }

  /** Number of items parked now, of one consumer or of all. */
  count(consumer?: string): number {
    if (consumer === undefined) return this.parked;
    return [...this.parkedOf].reduce((sum, [name, letters]) => (consumerOf(name) === consumer ? sum + letters.length : sum), 0);
  }

  /** Parks an item durably. Parking the same one again has no effect. */
  async park(letter: Pick<DeadLetter, 'consumer' | 'key' | 'source' | 'itemId' | 'type' | 'position' | 'reason' | 'item'>): Promise<void> {
    if (this.count() >= PARKED_MAX) throw new Error(`${PARKED_MAX} items are parked already: consumer ${letter.consumer} stops here`);
    const id = deadLetterId(letter);
    const parkedAt = new Date(this.clock.now()).toISOString();
    const document = { id, ...letter, parkedAt, attempts: 1, status: 'parked' as const };
    await this.inTurn(async () => {
      const { applied } = await this.letters.write([{ id, position: attempt(1), document }]);
      // Parked before, perhaps by another process: it blocks its key as long as it is not re-driven.
      if (applied > 0 || (await this.get(id)).status === 'parked') this.block(document);
    });
  }

  /** Parked items of a consumer in their order, one page. */
  async list(options: { consumer?: string; limit?: number; cursor?: string } = {}) {
    const where = { status: 'parked', ...(options.consumer ? { consumer: options.consumer } : {}) };
    const page = await this.letters.find({ where, orderBy: 'position', limit: options.limit ?? 100, cursor: options.cursor });
    return { items: page.items.map(({ document }) => document), next: page.next };
  }

  /** One letter; throws `dead-letter.not-found`. */
  async get(id: string): Promise<DeadLetter> {
    const found = await this.letters.get(id);
    if (!found) throw new CodedError('dead-letter.not-found', 'No dead letter has this id');
    return found.document;
  }

  /** The parked letters of the same key, oldest first: they can only be re-driven in this order. */
  ofKey(consumer: string, key: string): Promise<readonly DeadLetter[]> {
    return this.read(consumer, (letter) => (letter.key === key ? letter : undefined));
  }

  /** Notes that a letter's item has been taken in after all, whatever attempts of others have failed meanwhile. */
  async settle(letter: DeadLetter): Promise<void> {
    await this.inTurn(async () => {
      await this.noteRedriven(letter);
      this.release(letter);
    });
  }

  private async noteRedriven(letter: DeadLetter): Promise<void> {
    let standing = letter;
    for (let round = 0; round < SETTLE_ROUNDS_MAX; round++) {
      const document = { ...standing, status: 'redriven' as const };
      const { applied } = await this.letters.write([{ id: letter.id, position: attempt(standing.attempts + 1), document }]);
      if (applied > 0) return;
      standing = await this.get(letter.id);
      if (standing.status === 'redriven') return;
    }
    throw new Error(`Dead letter ${letter.id} is changed by others all the time`);
  }

  /** Notes another failed attempt with its reason. */
  async failAgain(letter: DeadLetter, reason: string): Promise<void> {
    const attempts = letter.attempts + 1;
    await this.letters.write([{ id: letter.id, position: attempt(attempts), document: { ...letter, attempts, reason } }]);
  }

  /** What is to be kept of each parked letter, of one consumer or of all, lowest position first. */
  private async read<T>(consumer: string | undefined, keep: (letter: DeadLetter) => T | undefined): Promise<readonly T[]> {
    const kept: T[] = [];
    let looked = 0;
    let cursor: string | undefined;
    do {
      const page = await this.list({ ...(consumer === undefined ? {} : { consumer }), limit: PAGE, ...(cursor ? { cursor } : {}) });
      kept.push(...page.items.flatMap((letter) => keep(letter) ?? []));
      looked += page.items.length;
      if (looked > READ_MAX) throw new Error(`More than ${READ_MAX} items are parked: a person has to look at them first`);
      cursor = page.next;
    } while (cursor);
    return kept;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work, work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private block({ id, consumer, key, source, position }: Parked): void {
    const name = slot({ consumer, key, source });
    const letters = this.parkedOf.get(name) ?? [];
    if (letters.some((other) => other.id === id)) return;
    const behind = letters.findLastIndex((other) => other.position <= position);
    this.parkedOf.set(name, letters.toSpliced(behind + 1, 0, { id, consumer, key, source, position }));
    this.parked++;
  }

  private release(letter: Parked): void {
    const letters = this.parkedOf.get(slot(letter)) ?? [];
    const rest = letters.filter((other) => other.id !== letter.id);
    if (rest.length === letters.length) return;
    if (rest.length === 0) this.parkedOf.delete(slot(letter));
    else this.parkedOf.set(slot(letter), rest);
    this.parked--;
  }
}

type Parked = Pick<DeadLetter, 'id' | 'consumer' | 'key' | 'source' | 'position'>;

function slot({ consumer, key, source = '' }: Pick<DeadLetter, 'consumer' | 'key' | 'source'>): string {
  return `${consumer}\u001f${source}\u001f${key}`;
}

function consumerOf(slotName: string): string {
  return slotName.slice(0, slotName.indexOf('\u001f'));
}

/** Letters come from no source, so the number of attempts is what orders the writes of one. */
function attempt(number: number): Position {
  return String(number).padStart(16, '0');
}
