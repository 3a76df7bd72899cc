import { createHash } from 'node:crypto';
import type { PurchaseChange } from '@regulars/contracts';

/** A second implementation of ledger and pyramid, written to be obviously right: maps, big integers, full sorts. For specs only. */

interface SlowRow {
  customer: string;
  date: string;
  store: string;
  category: string | null;
  net: bigint;
  returned: bigint;
  margin: bigint;
  marginKnown: bigint;
  entries: bigint;
  visits: bigint;
  bought: bigint;
}

const measures = ['net', 'returned', 'margin', 'marginKnown', 'entries', 'visits', 'bought'] as const;

export interface SlowQuery {
  /** Business dates, both included. */
  from: string;
  to: string;
  stores?: string[];
  category?: string;
}

export interface SlowRanked {
  customer: string;
  amount: bigint;
  visits: bigint;
  tier: string;
}

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const byBytes = (a: string, b: string): number => Buffer.compare(bytes(a), bytes(b));
const dayOf = (date: string): number => Date.parse(`${date}T00:00:00Z`) / 86_400_000;

function slowRows(change: PurchaseChange, sign: bigint): SlowRow[] {
  if (change.customer === null) return [];
  return change.entries.flatMap((entry) => {
    const categories = [...new Set(entry.lines.map((line) => line.category))];
    if (categories.length === 0 && entry.visits > 0) categories.push(null);
    const withVisit = [...categories].sort((a, b) => ((a ?? '') < (b ?? '') ? -1 : 1))[0];
    return categories.map((category) => {
      const lines = entry.lines.filter((line) => line.category === category);
      const known = lines.filter((line) => line.cost !== null);
      const sum = (of: typeof lines, value: (line: (typeof lines)[number]) => number): bigint =>
        sign * of.reduce((total, line) => total + BigInt(value(line)), 0n);
      const sold = lines.filter((line) => line.quantity > 0);
      const back = lines.filter((line) => line.quantity < 0);
      return {
        customer: change.customer!,
        date: entry.businessDate,
        store: entry.store,
        category,
        net: sum(sold, (line) => line.net) + sum(back, (line) => line.net),
        returned: -sum(back, (line) => line.net),
        margin: sum(known, (line) => line.net) - sum(known, (line) => line.cost!),
        marginKnown: sum(known, (line) => line.net),
        entries: sign,
        visits: category === withVisit ? sign * BigInt(entry.visits) : 0n,
        bought: sold.length > 0 ? sign : 0n,
      };
    });
  });
}

export class SlowLedger {
  private readonly rows = new Map<string, SlowRow>();

  add(change: PurchaseChange, sign: 1 | -1): void {
    for (const row of slowRows(change, BigInt(sign))) {
      const key = JSON.stringify([row.customer, row.date, row.store, row.category]);
      const known = this.rows.get(key);
      if (!known) this.rows.set(key, row);
      else for (const measure of measures) known[measure] += row[measure];
    }
  }

  private live(): SlowRow[] {
    return [...this.rows.values()].filter((row) => measures.some((measure) => row[measure] !== 0n));
  }

  private selected({ from, to, stores, category }: SlowQuery): SlowRow[] {
    return this.live().filter(
      (row) =>
        row.date >= from &&
        row.date <= to &&
        (!stores || stores.includes(row.store)) &&
        (category === undefined || row.category === category),
    );
  }

  customers(): string[] {
    return [...new Set(this.live().map((row) => row.customer))].sort(byBytes);
  }

  customer(customer: string, query: SlowQuery) {
    const rows = this.selected(query).filter((row) => row.customer === customer);
    const sums = (of: SlowRow[]) => {
      const total = (measure: (typeof measures)[number]): bigint => of.reduce((sum, row) => sum + row[measure], 0n);
      const known = total('margin') !== 0n || total('marginKnown') !== 0n;
      return {
        net: Number(total('net')),
        gross: Number(total('net') + total('returned')),
        returned: Number(total('returned')),
        margin: known ? Number(total('margin')) : null,
        marginKnown: Number(total('marginKnown')),
        visits: Number(total(query.category === undefined ? 'visits' : 'bought')),
      };
    };
    const dates = rows.map((row) => row.date).sort();
    return {
      ...sums(rows),
      firstDay: dates.length ? dayOf(dates[0]!) : null,
      lastDay: dates.length ? dayOf(dates.at(-1)!) : null,
      byStore: [...new Set(rows.map((row) => row.store))]
        .sort(byBytes)
        .map((store) => ({ store, ...sums(rows.filter((row) => row.store === store)) })),
    };
  }

  ranked(query: SlowQuery, count: 'all' | 'positive'): SlowRanked[] {
    const byCustomer = new Map<string, { amount: bigint; visits: bigint }>();
    for (const row of this.selected(query)) {
      const sum = byCustomer.get(row.customer) ?? { amount: 0n, visits: 0n };
      sum.amount += row.net;
      sum.visits += query.category === undefined ? row.visits : row.bought;
      byCustomer.set(row.customer, sum);
    }
    const order = [...byCustomer]
      .filter(([, { amount }]) => count === 'all' || amount > 0n)
      .sort(([a, x], [b, y]) => (x.amount > y.amount ? -1 : x.amount < y.amount ? 1 : byBytes(a, b)));
    const reaches = (percent: bigint): bigint => (BigInt(order.length) * percent * 2n + 100n) / 200n;
    return order.map(([customer, sum], i) => {
      const place = BigInt(i + 1);
      const tier = place <= reaches(10n) ? 'devoted' : place <= reaches(25n) ? 'steady' : place <= reaches(60n) ? 'floating' : 'trial';
      return { customer, ...sum, tier };
    });
  }

  digest(): { digest: string; customers: number; rows: number } {
    const rows = this.live();
    let sum = 0n;
    for (const customer of this.customers()) {
      const lines = rows
        .filter((row) => row.customer === customer)
        .sort((a, b) => byBytes(a.date, b.date) || byBytes(a.store, b.store) || compareCategory(a.category, b.category))
        .map((row) => JSON.stringify([dayOf(row.date), row.store, row.category, ...measures.map((measure) => Number(row[measure]))]));
      const text = [JSON.stringify(customer), ...lines].map((line) => `${line}\n`).join('');
      sum += BigInt(`0x${createHash('sha256').update(text).digest('hex')}`);
    }
    return { digest: (sum % 2n ** 256n).toString(16).padStart(64, '0'), customers: this.customers().length, rows: rows.length };
  }
}

function compareCategory(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return byBytes(a, b);
}
