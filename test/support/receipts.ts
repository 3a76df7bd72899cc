import { type Random, seeded } from './random';

/** What a till sends; the form of the intake, written down here a second time on purpose. */
export interface Key {
  readonly store: string;
  readonly terminal: string;
  readonly receipt: string;
}
export interface Line {
  readonly sku: string;
  readonly category?: string;
  readonly quantity: number;
  readonly unitPrice: number | string;
  readonly discount?: number;
  readonly net?: number;
  readonly cost?: number;
}
export interface Item extends Partial<Key> {
  readonly kind?: 'purchase' | 'return' | 'exchange' | 'void' | 'claim';
  readonly sequence?: number;
  readonly occurredAt: string;
  readonly customer?: string | null;
  readonly lines?: readonly Line[];
  readonly returnedLines?: readonly Line[];
  readonly of?: Key;
  readonly returned?: readonly { readonly line: number; readonly quantity: number; readonly net?: number }[];
  readonly reason?: string;
}
export interface TestStore {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly timeZone: string;
  readonly currency: string;
}

/** Stores on three continents, so that the calendar day differs from that of UTC. */
export const STORES: readonly TestStore[] = [
  { id: 'berlin', name: 'Berlin', region: 'west', timeZone: 'Europe/Berlin', currency: 'EUR' },
  { id: 'tokyo', name: 'Tokyo', region: 'east', timeZone: 'Asia/Tokyo', currency: 'EUR' },
  { id: 'new-york', name: 'New York', region: 'west', timeZone: 'America/New_York', currency: 'EUR' },
];

const CATEGORIES = ['tea', 'cheese', '茶', undefined];
const OFFSETS = ['Z', '+01:00', '-05:00', '+09:00', '+05:45'];
const DAY_MS = 86_400_000;
/** Around a leap day and a change to summer time. */
const FIRST_DAY_MS = Date.UTC(2024, 1, 20);
const DAYS = 50;

/** Makes a history without contradictions, in the order in which it happened; the same seed gives the same. */
export class History {
  private readonly random: Random;
  private readonly numbers = new Map<string, number>();
  private nowMs: number;

  /** `prefix` keeps the receipt numbers of several histories apart. */
  constructor(
    seed: number,
    private readonly prefix = '',
    private readonly customers = 40,
  ) {
    this.random = seeded(seed);
    this.nowMs = FIRST_DAY_MS + this.random.int(0, DAYS) * DAY_MS;
  }

  /** At least so many items: purchases with what follows from them. */
  items(count: number): Item[] {
    const items: Item[] = [];
    while (items.length < count) items.push(...this.episode());
    return items;
  }

  private episode(): Item[] {
    const { random } = this;
    this.nowMs = FIRST_DAY_MS + random.int(0, DAYS * 24 * 60) * 60_000;
    const kind = random.int(1, 100);
    if (kind <= 45) return [this.purchase()];
    if (kind <= 65) return this.purchaseWithReturns();
    if (kind <= 72) return this.purchaseClaimed();
    if (kind <= 80) return this.voided(this.purchase());
    if (kind <= 86) return [this.unlinkedReturn()];
    if (kind <= 93) return this.exchangeLinked();
    const exchange = this.exchangeUnlinked();
    return random.chance(30) ? this.voided(exchange) : [exchange];
  }

  private purchase(customer: string | null = this.customer()): Item {
    return { ...this.header(), ...this.customerField(customer), lines: this.lines() };
  }

  private purchaseWithReturns(): Item[] {
    const purchase = this.purchase();
    const items = [purchase];
    const returns = this.random.int(1, 2);
    for (let number = 0; number < returns; number++) {
      const back: Item = { ...this.header(), kind: 'return', of: keyOf(purchase), returned: this.part(purchase, returns) };
      items.push(back);
      if (this.random.chance(20)) items.push(this.voidOf(back));
    }
    if (purchase.customer == null && this.random.chance(60)) items.push(this.claimOf(purchase));
    return items;
  }

  private purchaseClaimed(): Item[] {
    const purchase = this.purchase(null);
    return [purchase, this.claimOf(purchase)];
  }

  private voided(item: Item): Item[] {
    return [item, this.voidOf(item)];
  }

  private unlinkedReturn(): Item {
    return { ...this.header(), kind: 'return', ...this.customerField(this.customer()), lines: this.lines() };
  }

  private exchangeLinked(): Item[] {
    const purchase = this.purchase();
    const exchange: Item = {
      ...this.header(),
      kind: 'exchange',
      ...this.customerField(purchase.customer ?? null),
      lines: this.lines(),
      of: keyOf(purchase),
      returned: this.part(purchase, 1),
    };
    return this.random.chance(25) ? [purchase, exchange, this.voidOf(exchange)] : [purchase, exchange];
  }

  private exchangeUnlinked(): Item {
    return {
      ...this.header(),
      kind: 'exchange',
      ...this.customerField(this.customer()),
      lines: this.lines(),
      returnedLines: this.lines(),
    };
  }

  private voidOf(item: Item): Item {
    return { kind: 'void', of: keyOf(item), occurredAt: this.later(), reason: 'typing error' };
  }

  private claimOf(item: Item): Item {
    // Well within the 30 days that the platform allows by default.
    const occurredAt = written(Date.parse(item.occurredAt) + this.random.int(0, 25) * DAY_MS, 'Z');
    return { kind: 'claim', of: keyOf(item), occurredAt, customer: `c-${this.random.int(1, this.customers)}` };
  }

  private header(): Key & Pick<Item, 'sequence' | 'occurredAt'> {
    const store = this.random.pick(STORES).id;
    const terminal = String(this.random.int(1, 3));
    const sequence = (this.numbers.get(`${store}/${terminal}`) ?? 0) + 1;
    this.numbers.set(`${store}/${terminal}`, sequence);
    return { store, terminal, receipt: `${this.prefix}${sequence}`, sequence, occurredAt: this.later() };
  }

  /** A little later than what came before; now and then days later. */
  private later(): string {
    this.nowMs += this.random.chance(30) ? this.random.int(1, 20) * DAY_MS : this.random.int(1, 600) * 60_000;
    return written(this.nowMs, this.random.pick(OFFSETS));
  }

  private customer(): string | null {
    // Few customers buy much: the square of a uniform number.
    return this.random.chance(15) ? null : `c-${1 + Math.floor(this.random.next() ** 2 * this.customers)}`;
  }

  private customerField(customer: string | null): Pick<Item, 'customer'> {
    return customer === null && this.random.chance(50) ? {} : { customer };
  }

  private lines(): Line[] {
    return Array.from({ length: this.random.int(1, 3) }, () => this.line());
  }

  private line(): Line {
    const { random } = this;
    const category = random.pick(CATEGORIES);
    const quantity = random.chance(25) ? random.int(10, 5_000) / 1_000 : random.int(1, 6);
    const unitPrice = random.chance(10) ? 0 : random.chance(20) ? `${random.int(1, 900)}.${random.int(0, 9999)}` : random.int(1, 3_000);
    const net = random.chance(15) ? random.int(0, 5_000) : undefined;
    const discountable = net === undefined && typeof unitPrice === 'number' && unitPrice >= 10 && quantity >= 1;
    return {
      sku: `sku-${random.int(1, 30)}`,
      ...(category === undefined ? {} : { category }),
      quantity,
      unitPrice,
      ...(discountable && random.chance(20) ? { discount: random.int(1, 9) } : {}),
      ...(net === undefined ? {} : { net }),
      ...(random.chance(50) ? { cost: random.int(0, 2_000) } : {}),
    };
  }

  /** A share of each of some lines such that `shares` of them never exceed the line. */
  private part({ lines = [] }: Item, shares: number): NonNullable<Item['returned']> {
    const parts = lines.flatMap(({ quantity }, index) => {
      const thousandths = Math.floor(Math.round(quantity * 1_000) / shares);
      if (thousandths === 0 || (index > 0 && this.random.chance(50))) return [];
      return [{ line: index + 1, quantity: (this.random.chance(50) ? thousandths : this.random.int(1, thousandths)) / 1_000 }];
    });
    return parts;
  }
}

/** The key an item is recorded under. */
export function keyOf({ store = '', terminal = '', receipt = '' }: Item): Key {
  return { store, terminal, receipt };
}

function written(ms: number, offset: string): string {
  if (offset === 'Z') return new Date(ms).toISOString();
  const [hours = 0, minutes = 0] = offset.slice(1).split(':').map(Number);
  const shift = (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  return new Date(ms + shift).toISOString().replace('Z', offset);
}

/** How a history reaches the platform: each item one to five times, anywhere. */
export function disturbed(items: readonly Item[], seed: number): Item[] {
  const random = seeded(seed);
  const copies = items.flatMap((item) => Array.from({ length: random.chance(70) ? 1 : random.int(2, 5) }, () => item));
  return random.shuffled(copies);
}
