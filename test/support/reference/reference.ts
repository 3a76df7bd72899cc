import type { Item, Key, Line, TestStore } from '../receipts';
import { keyOf } from '../receipts';

/**
 * A second implementation of what becomes of receipts, written from the documentation to be obviously right: plain maps, big
 * integers, everything computed again from what was accepted. It shares no code with the platform.
 */
export type Outcome = 'accepted' | 'duplicate' | 'quarantined';

/** One line as it counts: what was paid, in minor units, and thousandths of the unit. */
export interface CountedLine {
  readonly category: string | null;
  readonly quantity: bigint;
  readonly net: bigint;
  readonly cost: bigint | null;
}

/** What a receipt adds to the account of whoever owns it. */
export interface Entry {
  readonly customer: string | null;
  readonly store: string;
  readonly date: string;
  readonly visits: bigint;
  readonly lines: readonly CountedLine[];
}

interface Recorded {
  readonly item: Item;
  readonly content: string;
  readonly sold: readonly CountedLine[];
  readonly back: readonly CountedLine[];
  owner: string | null;
  claimedBy: string | undefined;
  voided: boolean;
  /** Linked returns and exchanges on this receipt, by their own key. */
  readonly returns: Map<string, { readonly item: Item; readonly lines: readonly CountedLine[] }>;
}

/** Where the number of a linked return is taken. */
interface Noted {
  readonly item: Item;
  readonly content: string;
  readonly purchase: string;
  voided: boolean;
}

interface Waiting {
  readonly item: Item;
  times: number;
  code: string;
}

/** The verdict on one item as it comes. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly code?: string;
}

/** Claims end so many days after the purchase, as the platform is configured by default. */
const CLAIM_DAYS = 30;

const ACCEPTED: Verdict = { outcome: 'accepted' };
const DUPLICATE: Verdict = { outcome: 'duplicate' };
const quarantined = (code: string): Verdict => ({ outcome: 'quarantined', code });

/** The state of a chain after what it was told, in that order. */
export class Reference {
  readonly stores = new Map<string, TestStore>();
  private readonly recorded = new Map<string, Recorded>();
  private readonly noted = new Map<string, Noted>();
  private readonly waiting = new Map<string, Waiting>();
  private received = 0;
  private accepted = 0;

  /** Registers stores; what waited for them is taken. */
  register(stores: readonly TestStore[]): this {
    for (const store of stores) this.stores.set(store.id, store);
    this.retry();
    return this;
  }

  /** Takes items in, in order. */
  take(items: readonly Item[]): Verdict[] {
    return items.map((item) => this.takeOne(item));
  }

  /** The intake report's sums: everything received is in exactly one of three. */
  totals(): { received: number; accepted: number; duplicate: number; quarantined: number } {
    const open = [...this.waiting.values()].reduce((sum, { times }) => sum + times, 0);
    return { received: this.received, accepted: this.accepted, duplicate: this.received - this.accepted - open, quarantined: open };
  }

  /** What counts in the end, by receipt. */
  entries(): Entry[] {
    const entries: Entry[] = [];
    for (const { item, sold, back, owner, voided, returns } of this.recorded.values()) {
      if (voided) continue;
      const negative = back.map(({ category, quantity, net, cost }) => line(category, -quantity, -net, cost === null ? null : -cost));
      entries.push(this.entry(item, owner, sold.length > 0 ? 1n : 0n, [...sold, ...negative]));
      for (const { item: other, lines } of returns.values()) {
        entries.push(
          this.entry(
            other,
            owner,
            0n,
            lines.map(({ category, quantity, net, cost }) => line(category, -quantity, -net, cost === null ? null : -cost)),
          ),
        );
      }
    }
    return entries;
  }

  private entry(item: Item, customer: string | null, visits: bigint, lines: readonly CountedLine[]): Entry {
    return { customer, store: item.store ?? '', date: this.businessDate(item), visits, lines };
  }

  private businessDate({ store = '', occurredAt }: Item): string {
    const timeZone = this.stores.get(store)?.timeZone ?? 'UTC';
    const day = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    return day.format(new Date(occurredAt));
  }

  private takeOne(item: Item): Verdict {
    this.received++;
    const verdict = this.decide(item);
    if (verdict.outcome === 'accepted') this.accepted++;
    if (verdict.outcome === 'quarantined') {
      const text = JSON.stringify(item);
      const entry = this.waiting.get(text) ?? { item, times: 0, code: verdict.code ?? '' };
      entry.times++;
      this.waiting.set(text, entry);
    } else if (verdict.outcome === 'accepted') this.retry();
    return verdict;
  }

  /** Tries everything in quarantine again until nothing moves; one of the copies of an entry is the accepted one. */
  private retry(): void {
    for (let moved = true; moved;) {
      moved = false;
      for (const [text, { item }] of this.waiting) {
        const { outcome } = this.decide(item);
        if (outcome === 'quarantined') continue;
        if (outcome === 'accepted') this.accepted++;
        this.waiting.delete(text);
        moved = true;
      }
    }
  }

  private decide(item: Item): Verdict {
    const store = item.kind === 'void' || item.kind === 'claim' ? item.of?.store : item.store;
    if (store === undefined || !this.stores.has(store)) return quarantined('store.unknown');
    if (item.kind === 'void') return this.voidReceipt(item);
    if (item.kind === 'claim') return this.claim(item);
    return item.of ? this.takeBack(item, item.of) : this.record(item, []);
  }

  private record(item: Item, back: readonly CountedLine[]): Verdict {
    const key = text(keyOf(item));
    const known = this.recorded.get(key) ?? this.noted.get(key);
    if (known) return known.content === content(item) ? DUPLICATE : quarantined('purchase.conflict');
    const lines = (item.lines ?? []).map(counted);
    const returned = [...(item.returnedLines ?? []).map(counted), ...back];
    const isReturn = item.kind === 'return';
    this.recorded.set(key, {
      item,
      content: content(item),
      sold: isReturn ? [] : lines,
      back: isReturn ? lines : returned,
      owner: item.customer ?? null,
      claimedBy: undefined,
      voided: false,
      returns: new Map(),
    });
    return ACCEPTED;
  }

  private takeBack(item: Item, of: Key): Verdict {
    const key = text(keyOf(item));
    const known = this.recorded.get(key) ?? this.noted.get(key);
    if (known) return known.content === content(item) ? DUPLICATE : quarantined('purchase.conflict');
    const purchase = this.recorded.get(text(of));
    if (!purchase) return quarantined('purchase.unknown');
    if (purchase.voided) return quarantined('purchase.voided');
    const lines: NumberedLine[] = [];
    for (const { line: number, quantity, net } of item.returned ?? []) {
      const bought = purchase.sold[number - 1];
      if (!bought) return quarantined('return.line-unknown');
      const back = thousandths(quantity);
      const share = (whole: bigint) => (whole * back) / bought.quantity;
      const cost = bought.cost === null ? null : share(bought.cost);
      lines.push({ ...line(bought.category, back, net === undefined ? share(bought.net) : BigInt(net), cost), number });
    }
    if (exceeds(purchase, lines)) return quarantined('return.exceeds');
    if (item.kind === 'exchange') this.record(item, []);
    else this.noted.set(key, { item, content: content(item), purchase: text(of), voided: false });
    purchase.returns.set(key, { item, lines });
    return ACCEPTED;
  }

  private voidReceipt({ of }: Item): Verdict {
    const key = text(of as Key);
    const target = this.recorded.get(key) ?? this.noted.get(key);
    if (!target) return quarantined('purchase.unknown');
    if (target.voided) return DUPLICATE;
    if ('returns' in target && target.returns.size > 0) return quarantined('void.has-returns');
    target.voided = true;
    const purchase = 'purchase' in target ? target.purchase : target.item.of ? text(target.item.of) : undefined;
    if (purchase !== undefined) this.recorded.get(purchase)?.returns.delete(key);
    return ACCEPTED;
  }

  private claim(item: Item): Verdict {
    const { of, customer } = item;
    const target = this.recorded.get(text(of as Key));
    if (!target) return quarantined('purchase.unknown');
    if (target.claimedBy === customer) return DUPLICATE;
    if (target.voided) return quarantined('purchase.voided');
    if (target.owner !== null) return quarantined('claim.has-customer');
    const day = (of: Item) => Date.parse(this.businessDate(of)) / 86_400_000;
    if (day({ ...item, ...of }) - day(target.item) > CLAIM_DAYS) return quarantined('claim.window-closed');
    target.owner = target.claimedBy = customer as string;
    return ACCEPTED;
  }
}

function text({ store, terminal, receipt }: Key): string {
  return JSON.stringify([store, terminal, receipt]);
}

/** Equal for equal receipts: the order of fields, another way to write the same moment, and no customer written out do not matter. */
function content(item: Item): string {
  const { customer, occurredAt, kind = 'purchase', ...rest } = item;
  const fields = { ...rest, kind, customer: customer ?? null, instant: Date.parse(occurredAt) };
  return JSON.stringify(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}

type NumberedLine = CountedLine & { readonly number?: number };

function line(category: string | null, quantity: bigint, net: bigint, cost: bigint | null): NumberedLine {
  return { category, quantity, net, cost };
}

function counted({ category, quantity, unitPrice, discount = 0, net, cost }: Line): CountedLine {
  const pieces = thousandths(quantity);
  const paid = net === undefined ? priceTimes(unitPrice, pieces) - BigInt(discount) : BigInt(net);
  return line(category ?? null, pieces, paid, cost === undefined ? null : BigInt(cost));
}

function thousandths(quantity: number): bigint {
  const [whole = '0', fraction = ''] = quantity.toFixed(3).split('.');
  return BigInt(whole) * 1_000n + BigInt(fraction);
}

/** Unit price × quantity, half away from zero to whole minor units; prices are not negative. */
function priceTimes(unitPrice: number | string, pieces: bigint): bigint {
  const [whole = '0', fraction = ''] = String(unitPrice).split('.');
  const tenThousandths = BigInt(whole + fraction.padEnd(4, '0'));
  return (tenThousandths * pieces + 5_000_000n) / 10_000_000n;
}

function exceeds(purchase: Recorded, lines: readonly NumberedLine[]): boolean {
  const all: NumberedLine[] = [...[...purchase.returns.values()].flatMap((returned) => returned.lines), ...lines];
  return purchase.sold.some((bought, index) => {
    const back = all.filter(({ number }) => number === index + 1);
    const sum = (of: (other: CountedLine) => bigint) => back.reduce((total, other) => total + of(other), 0n);
    return sum(({ quantity }) => quantity) > bought.quantity || sum(({ net }) => net) > bought.net;
  });
}
