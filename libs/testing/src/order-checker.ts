/** One thing that happened to a message of a key, in the order in which things happened. */
export type HistoryEntry =
  /** It was put on the bus, behind those of its key before it. */
  | { readonly kind: 'published'; readonly key: string; readonly id: string; readonly at?: number }
  /** A consumer began to handle it. */
  | { readonly kind: 'began'; readonly consumer: string; readonly key: string; readonly id: string; readonly at?: number }
  /** It ended: handled (`applied` false where the effect was there already and left as it was), or it failed and may come again. */
  | {
      readonly kind: 'finished';
      readonly consumer: string;
      readonly key: string;
      readonly id: string;
      readonly outcome: 'handled' | 'failed';
      readonly applied?: boolean;
      readonly at?: number;
    }
  /** It lay parked when the recording ended. */
  | { readonly kind: 'parked'; readonly key: string; readonly id: string; readonly at?: number }
  /** Everything under way in a consumer is cut off: it crashed. */
  | { readonly kind: 'crashed'; readonly consumer: string; readonly at?: number };

/** What a history shows. */
export interface HistoryFindings {
  /** What must never be; empty where order and at-least-once hold. At most 100. */
  readonly problems: readonly string[];
  readonly published: number;
  /** Messages handled at least once. */
  readonly handled: number;
  readonly parked: number;
  /** Times a message was handled again: allowed, but worth a look. */
  readonly repeated: number;
}

const PROBLEMS_MAX = 100;

interface Sent {
  readonly key: string;
  /** Its place among the messages of its key, from 0. */
  readonly place: number;
  handled: number;
  applied: number;
  parked: boolean;
}

/**
 * Checks a recorded history of consumers of one group, crashes, rebalances and re-drives included: within a key a message is begun only
 * when all before it have been handled; nothing of a key overlaps in one consumer; every message is handled at least once or lies
 * parked, and where effects are told apart they happen once. Knows nothing of the bus, so it proves as much of a real one.
 */
export function checkHistory(history: Iterable<HistoryEntry>): HistoryFindings {
  const check = new OrderCheck();
  for (const entry of history) check.take(entry);
  return check.findings();
}

class OrderCheck {
  private readonly sent = new Map<string, Sent>();
  /** By key: how many, from the first, have been handled. */
  private readonly handledUpTo = new Map<string, number>();
  private readonly idsOf = new Map<string, string[]>();
  /** By consumer: the message of each key under way. */
  private readonly underWay = new Map<string, Map<string, string>>();
  private readonly problems: string[] = [];

  take(entry: HistoryEntry): void {
    if (entry.kind === 'published') this.publish(entry.key, entry.id);
    else if (entry.kind === 'crashed') this.underWay.delete(entry.consumer);
    else {
      const sent = this.sent.get(entry.id);
      if (sent?.key !== entry.key) this.problem(`${entry.id} of ${entry.key} was never published`);
      else if (entry.kind === 'began') this.begin(entry.consumer, entry.id, sent);
      else if (entry.kind === 'parked') sent.parked = true;
      else this.finish(entry, sent);
    }
  }

  findings(): HistoryFindings {
    const all = [...this.sent];
    for (const [id, { key, handled, parked, applied }] of all) {
      if (handled === 0 && !parked) this.problem(`${id} of ${key} is lost: neither handled nor parked`);
      if (applied > 1) this.problem(`${id} of ${key} took effect ${applied} times`);
    }
    return {
      problems: this.problems,
      published: all.length,
      handled: all.filter(([, { handled }]) => handled > 0).length,
      parked: all.filter(([, { parked, handled }]) => parked && handled === 0).length,
      repeated: all.reduce((sum, [, { handled }]) => sum + Math.max(0, handled - 1), 0),
    };
  }

  private publish(key: string, id: string): void {
    if (this.sent.has(id)) return this.problem(`${id} was published twice`);
    const place = this.idsOf.get(key)?.length ?? 0;
    this.sent.set(id, { key, place, handled: 0, applied: 0, parked: false });
    const ids = this.idsOf.get(key);
    if (ids) ids.push(id);
    else this.idsOf.set(key, [id]);
  }

  private begin(consumer: string, id: string, { key, place }: Sent): void {
    const first = this.handledUpTo.get(key) ?? 0;
    if (place > first) this.problem(`${consumer} began ${id} of ${key} before ${this.idsOf.get(key)?.[first]} was handled`);
    const mine = this.underWay.get(consumer) ?? new Map<string, string>();
    this.underWay.set(consumer, mine);
    const other = mine.get(key);
    if (other !== undefined) this.problem(`${consumer} began ${id} of ${key} while ${other} was under way`);
    mine.set(key, id);
  }

  private finish({ consumer, key, id, outcome, applied }: HistoryEntry & { kind: 'finished' }, sent: Sent): void {
    const mine = this.underWay.get(consumer);
    if (mine?.get(key) !== id) this.problem(`${consumer} finished ${id} of ${key}, which it had not begun`);
    mine?.delete(key);
    if (outcome === 'failed') return;
    sent.handled++;
    if (applied) sent.applied++;
    const ids = this.idsOf.get(key) ?? [];
    let upTo = this.handledUpTo.get(key) ?? 0;
    while (upTo < ids.length && (this.sent.get(ids[upTo] as string)?.handled ?? 0) > 0) upTo++;
    this.handledUpTo.set(key, upTo);
  }

  private problem(text: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push(text);
  }
}

/** A history as JSON lines, to be kept or checked later. */
export function writeHistory(history: readonly HistoryEntry[]): string {
  return history.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}

/** Reads JSON lines back; throws on a line that is no entry, with its number. */
export function readHistory(text: string): readonly HistoryEntry[] {
  const lines = text.split('\n').filter((line, index, all) => line !== '' || index < all.length - 1);
  return lines.map((line, index) => {
    try {
      const entry = JSON.parse(line) as HistoryEntry;
      if (!['published', 'began', 'finished', 'parked', 'crashed'].includes(entry.kind)) throw new Error('unknown kind');
      return entry;
    } catch (error) {
      throw new Error(`Line ${index + 1} of the history is no entry: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
}

/** Puts the histories of several processes on one machine together by their `at`; entries of one process keep their order. */
export function mergeHistories(...histories: readonly (readonly HistoryEntry[])[]): readonly HistoryEntry[] {
  return histories.flat().sort((one, other) => (one.at ?? 0) - (other.at ?? 0));
}
