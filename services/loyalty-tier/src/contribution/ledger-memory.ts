import type { PurchaseChange } from '@regulars/contracts';
import type { Position } from '@regulars/kernel';
import { ArrivalBuffer } from './arrival-buffer';
import { Dictionary, NAMES_MAX as CUSTOMERS_MAX, NamesAtMoment, type NamesHandle } from './dictionary';
import { ledgerRows, type LedgerRow, type Sign } from './ledger-rows';
import { HIGH_UNIT, pushSums, segmentBytes, type Segment } from './segment';
import type { LedgerNamesAtMoment } from './snapshot';

/** A change of what customers have bought: `sign` 1 for recorded, returned and claimed, −1 for voided. */
export interface SignedChange {
  readonly sign: Sign;
  readonly change: PurchaseChange;
}

/** Which region a store belongs to from now on. */
export interface StoreRegion {
  readonly store: string;
  readonly region: string;
}

/** The dictionaries as other threads read them. */
export interface LedgerNames {
  readonly customers: NamesHandle;
  readonly stores: NamesHandle;
  readonly categories: NamesHandle;
}

/** Store and category numbers are kept in 16 bits; one is "none", one "unknown". */
const NAMES_MAX = 65_534;

/** What the ledger holds in memory. All methods are synchronous: what one call does is seen whole or not at all. */
export class LedgerMemory {
  readonly customers = new Dictionary(20);
  readonly stores = new Dictionary();
  readonly categories = new Dictionary();
  readonly regions = new Map<string, string>();
  positions: Readonly<Record<string, Position>> = {};
  private segments: readonly Segment[] = [];
  private readonly low = new ArrivalBuffer(1);
  private readonly high = new ArrivalBuffer(HIGH_UNIT);

  /** Rows that are in no sealed segment yet. */
  get openRows(): number {
    return this.low.rows + this.high.rows;
  }

  /** Sealed segments. */
  get sealed(): readonly Segment[] {
    return this.segments;
  }

  apply(changes: readonly SignedChange[], positions: Readonly<Record<string, Position>>, regions: readonly StoreRegion[]): void {
    this.checkPositions(positions);
    const rows: LedgerRow[] = [];
    for (const { change, sign } of changes) for (const row of ledgerRows(change, sign)) rows.push(row);
    const { customers, stores, categories } = this.numbersOf(rows, regions);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      // What is new to the batch gets its number here: everything has been checked by now.
      const customer = customers[i]! < 0 ? this.customers.intern(row.customer) : customers[i]!;
      const store = stores[i]! < 0 ? this.stores.intern(row.store) : stores[i]!;
      const category = categories[i]! < 0 ? this.categories.intern(row.category!) + 1 : categories[i]!;
      pushSums(this.low, this.high, customer, row.day, store, category, row);
    }
    for (const { store, region } of regions) {
      this.stores.intern(store);
      this.regions.set(store, region);
    }
    this.positions = { ...this.positions, ...positions };
  }

  /** Ends the open segments, so that they can be written; `nextId` numbers them. */
  seal(nextId: () => number): void {
    const fresh = [this.low.take(), this.high.take()].filter((segment) => segment !== undefined);
    this.segments = [...this.segments, ...fresh.map((segment) => ({ ...segment, id: nextId() }))];
  }

  /** Puts segments in the place of those whose rows they hold. */
  replace(old: readonly Segment[], by: readonly Segment[]): void {
    const gone = new Set(old.map(({ id }) => id));
    this.segments = [...this.segments.filter(({ id }) => !gone.has(id)), ...by];
  }

  /** All rows so far; rows that come later do not show in them. */
  allSegments(): Segment[] {
    return [...this.segments, ...this.low.segments(), ...this.high.segments()];
  }

  /** The dictionaries so far, to look names up in. */
  namesAtMoment(): LedgerNamesAtMoment {
    const { customers, stores, categories } = this;
    return {
      customers: new NamesAtMoment(customers),
      stores: new NamesAtMoment(stores),
      categories: new NamesAtMoment(categories),
    };
  }

  names(): LedgerNames {
    return { customers: this.customers.handle(), stores: this.stores.handle(), categories: this.categories.handle() };
  }

  /** Bytes that rows and dictionaries take. */
  get bytes(): number {
    const rows = this.allSegments().reduce((sum, { kind, rows, runs }) => sum + segmentBytes(kind, rows, runs), 0);
    return rows + this.customers.bytes + this.stores.bytes + this.categories.bytes;
  }

  private checkPositions(positions: Readonly<Record<string, Position>>): void {
    for (const [source, position] of Object.entries(positions)) {
      const before = this.positions[source];
      if (before !== undefined && position < before) throw new RangeError(`the position of source ${source} may not go back`);
    }
  }

  /** Numbers of the names in the rows, −1 for what is new; throws, before anything has changed, where a name cannot be held. */
  private numbersOf(rows: readonly LedgerRow[], regions: readonly StoreRegion[]): RowNumbers {
    if (this.customers.size + rows.length > CUSTOMERS_MAX) throw new RangeError(`the ledger holds at most ${CUSTOMERS_MAX} customers`);
    const customers = new Int32Array(rows.length);
    const stores = new Int32Array(rows.length);
    const categories = new Int32Array(rows.length);
    const newStores = new Set<string>();
    const newCategories = new Set<string>();
    for (let i = 0; i < rows.length; i++) {
      const { customer, store, category } = rows[i]!;
      customers[i] = this.customers.find(customer);
      stores[i] = this.stores.find(store);
      if (stores[i]! < 0) newStores.add(store);
      if (category === null) continue;
      const number = this.categories.find(category);
      categories[i] = number < 0 ? -1 : number + 1;
      if (number < 0) newCategories.add(category);
    }
    for (const { store } of regions) if (this.stores.find(store) < 0) newStores.add(store);
    if (this.stores.size + newStores.size > NAMES_MAX) throw new RangeError(`the ledger holds at most ${NAMES_MAX} stores`);
    if (this.categories.size + newCategories.size > NAMES_MAX) throw new RangeError(`the ledger holds at most ${NAMES_MAX} categories`);
    return { customers, stores, categories };
  }
}

interface RowNumbers {
  readonly customers: Int32Array;
  readonly stores: Int32Array;
  /** As in the column: 0 for none, else the number plus 1. */
  readonly categories: Int32Array;
}
