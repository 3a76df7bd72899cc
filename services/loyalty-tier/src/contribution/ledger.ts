import type { PurchaseChange } from '@regulars/contracts';
import type { Position } from '@regulars/kernel';
import { ArrivalBuffer } from './arrival-buffer';
import type { CustomerMeasures } from './customer-measures';
import { Dictionary } from './dictionary';
import type { LedgerDigest } from './digest';
import type { Selection } from './fold';
import { ledgerRows, type LedgerRow, type Sign } from './ledger-rows';
import { LedgerWorkers } from './ledger-workers';
import { HIGH_UNIT, pushSums, type Segment } from './segment';
import { LedgerSnapshot, type Contributions, type RankedContributions, type RankingOptions } from './snapshot';

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

/** Which days, stores and category count; days since 1970-01-01, both ends included. */
export interface ContributionQuery {
  readonly fromDay: number;
  readonly toDay: number;
  /** Store ids; absent: all. Ids nobody knows match nothing. */
  readonly stores?: readonly string[] | undefined;
  /** Category; absent: all, null: lines without one. */
  readonly category?: string | null | undefined;
}

/** How big the ledger is. */
export interface LedgerStats {
  readonly customers: number;
  readonly rows: number;
  readonly segments: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

const NAMES_MAX = 65_534;

/** The contribution ledger: what each customer bought, by day, store and category, as columns in shared memory. */
export class Ledger {
  private readonly customers = new Dictionary(20);
  private readonly stores = new Dictionary();
  private readonly categories = new Dictionary();
  private readonly regions = new Map<string, string>();
  private readonly low = new ArrivalBuffer(1);
  private readonly high = new ArrivalBuffer(HIGH_UNIT);
  private segments: Segment[] = [];
  private at: Readonly<Record<string, Position>> = {};

  constructor(private readonly workers: LedgerWorkers) {}

  /** Up to where each source is inside. */
  get positions(): Readonly<Record<string, Position>> {
    return this.at;
  }

  apply(changes: readonly SignedChange[], positions: Readonly<Record<string, Position>>, regions: readonly StoreRegion[] = []): void {
    for (const [source, position] of Object.entries(positions)) {
      const before = this.at[source];
      if (before !== undefined && position < before) throw new RangeError(`the position of source ${source} may not go back`);
    }
    const rows: LedgerRow[] = [];
    for (const { change, sign } of changes) for (const row of ledgerRows(change, sign)) rows.push(row);
    for (const row of rows) {
      const { customer, store, day, category } = row;
      const categoryNumber = category === null ? 0 : this.categories.intern(category) + 1;
      pushSums(this.low, this.high, this.customers.intern(customer), day, this.stores.intern(store), categoryNumber, row);
    }
    for (const { store, region } of regions) {
      this.stores.intern(store);
      this.regions.set(store, region);
    }
    this.at = { ...this.at, ...positions };
  }

  contributions(query: ContributionQuery): Promise<Contributions> {
    return this.snapshot().contributions(this.selection(query));
  }

  ranking(query: ContributionQuery, options: RankingOptions): Promise<RankedContributions> {
    return this.snapshot().ranking(this.selection(query), options);
  }

  customerNumber(customer: string): number | undefined {
    const number = this.customers.find(customer);
    return number < 0 ? undefined : number;
  }

  async customer(customer: string, query: ContributionQuery): Promise<CustomerMeasures | undefined> {
    const number = this.customerNumber(customer);
    return number === undefined ? undefined : this.snapshot().customer(number, this.selection(query));
  }

  digest(): Promise<LedgerDigest> {
    return this.snapshot().digest();
  }

  private snapshot(): LedgerSnapshot {
    const names = { customers: this.customers.handle(), stores: this.stores.handle(), categories: this.categories.handle() };
    return new LedgerSnapshot(this.workers, [...this.segments, ...this.low.segments(), ...this.high.segments()], names, this.at);
  }

  private selection({ fromDay, toDay, stores, category }: ContributionQuery): Selection {
    return { fromDay, toDay, stores: stores && this.storeMask(stores), category: this.categoryNumber(category) };
  }

  private storeMask(ids: readonly string[]): Uint8Array {
    const mask = new Uint8Array(this.stores.size);
    for (const id of ids) {
      const number = this.stores.find(id);
      if (number >= 0) mask[number] = 1;
    }
    return mask;
  }

  private categoryNumber(category: string | null | undefined): number | undefined {
    if (category === undefined) return undefined;
    // −1 + 1 would be "none"; a category nobody knows matches no row.
    if (category === null) return 0;
    const number = this.categories.find(category);
    return number < 0 ? NAMES_MAX + 1 : number + 1;
  }
}
