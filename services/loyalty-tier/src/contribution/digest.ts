import { hash } from 'node:crypto';
import { Names, type NamesHandle } from './dictionary';
import { RowGatherer } from './gather';
import type { Segment } from './segment';

/** Adds up SHA-256 values modulo 2^256, so that the order of the terms, and how they are split up, cannot matter. */
export class DigestSum {
  private readonly words = new Float64Array(8);
  private pending = 0;

  /** Adds the SHA-256 of a text in UTF-8. */
  add(text: string): void {
    // One character a byte ('binary') is several times cheaper to get than a buffer.
    const bytes = hash('sha256', text, 'binary');
    for (let i = 0, at = 0; i < 8; i++, at += 4) {
      const upper = (bytes.charCodeAt(at) << 8) | bytes.charCodeAt(at + 1);
      const lower = (bytes.charCodeAt(at + 2) << 8) | bytes.charCodeAt(at + 3);
      this.words[i] = this.words[i]! + upper * 65_536 + lower;
    }
    if (++this.pending === 1_000_000) this.carry();
  }

  /** The sum as 64 hexadecimal digits. */
  hex(): string {
    this.carry();
    return [...this.words].map((word) => word.toString(16).padStart(8, '0')).join('');
  }

  private carry(): void {
    let carry = 0;
    for (let i = 7; i >= 0; i--) {
      const word = this.words[i]! + carry;
      this.words[i] = word % 2 ** 32;
      carry = Math.floor(word / 2 ** 32);
    }
    this.pending = 0;
  }
}

/** The digest of two disjoint parts from their own digests: the sum modulo 2^256. */
export function addDigests(a: string, b: string): string {
  const sum = (BigInt(`0x${a}`) + BigInt(`0x${b}`)) % 2n ** 256n;
  return sum.toString(16).padStart(64, '0');
}

/** What the digest of a range of customers is made from. */
export interface DigestTask {
  readonly segments: readonly Segment[];
  readonly customers: NamesHandle;
  readonly stores: NamesHandle;
  readonly categories: NamesHandle;
  readonly fromCustomer: number;
  readonly toCustomer: number;
}

/** The canonical digest of a ledger, or of a part of its customers. */
export interface LedgerDigest {
  /** Sum modulo 2^256 of one SHA-256 per customer, 64 hexadecimal digits. Digests of disjoint parts add up. */
  readonly digest: string;
  /** Customers with a row that is not all zero. */
  readonly customers: number;
  /** Canonical rows: one for each customer, day, store and category that is not all zero. */
  readonly rows: number;
}

/** The digest of two ledgers that have no customer in common. */
export function addLedgerDigests(a: LedgerDigest, b: LedgerDigest): LedgerDigest {
  return { digest: addDigests(a.digest, b.digest), customers: a.customers + b.customers, rows: a.rows + b.rows };
}

/** The numbers of names in the order of their UTF-8 bytes, as the rank of each; number 0 is "none" when `none` is set. */
function ranks(names: Names, none: boolean): Uint16Array {
  const shift = none ? 1 : 0;
  const order = Array.from({ length: names.size }, (_, index) => index).sort((a, b) => names.compare(a, b));
  const rank = new Uint16Array(names.size + shift);
  order.forEach((number, place) => {
    rank[number + shift] = place + shift;
  });
  return rank;
}

/**
 * Digest of the customers from (included) to (excluded). A customer's term is the SHA-256 of lines of JSON: the id, then one array for each
 * canonical row, `[day, store, category, net, returned, margin, marginKnown, entries, visits, bought]`, in the order of day, store and category
 * (none first, then by UTF-8 bytes).
 */
export function digestOf(task: DigestTask): LedgerDigest {
  const customers = new Names(task.customers);
  const stores = new Names(task.stores);
  const categories = new Names(task.categories);
  const storeText = Array.from({ length: stores.size }, (_, number) => JSON.stringify(stores.name(number)));
  const categoryText = ['null', ...Array.from({ length: categories.size }, (_, number) => JSON.stringify(categories.name(number)))];
  const gatherer = new RowGatherer(task.segments, { store: ranks(stores, false), category: ranks(categories, true) });
  const sum = new DigestSum();
  let current = -1;
  let text = '';
  let present = 0;
  let rows = 0;
  const finish = (): void => {
    if (current < 0) return;
    sum.add(text);
    present++;
  };
  gatherer.forEach(task.fromCustomer, task.toCustomer, task.customers.size, (customer, day, store, category, s) => {
    if (customer !== current) {
      finish();
      current = customer;
      text = `${JSON.stringify(customers.name(customer))}\n`;
    }
    text +=
      `[${day},${storeText[store]},${categoryText[category]},${s.net},${s.returned},${s.margin},${s.marginKnown},` +
      `${s.entries},${s.visits},${s.bought}]\n`;
    rows++;
  });
  finish();
  return { digest: sum.hex(), customers: present, rows };
}
