import type { Position } from '@regulars/kernel';
import type { CustomerMeasures } from './customer-measures';
import type { ContributionQuery } from './contribution-query';
import { addDigests, addLedgerDigests, type LedgerDigest } from './digest';
import type { NamesAtMoment, NamesHandle } from './dictionary';
import { firstRun, type Selection, type Share } from './fold';
import type { Lane } from './ledger-workers';
import type { CountedCustomers, Ranking } from './ranking';
import { columnsOf, type Segment } from './segment';
import { emptySums, type Sums } from './sums';

/** A number in the category column that no row has. */
const UNKNOWN_CATEGORY = 65_535;

/** The dictionaries of a ledger at one moment. */
export interface LedgerNamesAtMoment {
  readonly customers: NamesAtMoment;
  readonly stores: NamesAtMoment;
  readonly categories: NamesAtMoment;
}

/** Per-customer sums at one moment. */
export interface Contributions {
  readonly sums: Sums;
  readonly positions: Readonly<Record<string, Position>>;
  /** Names of the customer numbers. */
  readonly customers: NamesHandle;
}

/** How to rank. */
export interface RankingOptions {
  readonly count: CountedCustomers;
  /** Cumulative cuts in percent, ascending, the last one 100. */
  readonly percents: readonly number[];
  /** Id of a customer to tell the standing of. */
  readonly subject?: string | undefined;
  /** Names of the bands; where given, a digest of who is in which is made. */
  readonly labels?: readonly string[] | undefined;
}

/** A ranking, with the state of the ledger it was made from. */
export interface RankedContributions extends Contributions {
  readonly ranking: Ranking;
  /** Band of each customer number; `NO_BAND` for who is not ranked. */
  readonly bands: Uint8Array;
  /** Sum of one SHA-256 for each ranked customer; present where labels were given. */
  readonly digest?: string | undefined;
}

/** The ledger as it was at one moment; what is applied later does not show. Everything is computed in worker threads. */
export class LedgerSnapshot {
  constructor(
    private readonly workers: Lane,
    private readonly segments: readonly Segment[],
    private readonly names: LedgerNamesAtMoment,
    readonly positions: Readonly<Record<string, Position>>,
  ) {}

  /** The customers by number. */
  get customers(): NamesHandle {
    return this.names.customers.handle;
  }

  /** The number of a customer, or −1. */
  findCustomer(customer: string): number {
    return this.names.customers.find(customer);
  }

  /** Whether anything was bought in a category. */
  hasCategory(category: string): boolean {
    return this.names.categories.find(category) >= 0;
  }

  /** Sums of the selection by customer number. */
  async contributions(query: ContributionQuery): Promise<Contributions> {
    const { customers } = this;
    const selection = this.selection(query);
    const shares = this.shares();
    const sums = emptySums(customers.size);
    // Rows in arrival order may hit any customer, so each share then needs sums of its own; clustered ones never meet.
    const scattered = shares.some(({ arrival }) => arrival.length > 0);
    const targets = shares.map((_, i) => (i > 0 && scattered ? emptySums(customers.size) : sums));
    await Promise.all(shares.map((share, i) => this.workers.run('fold', { share, selection, sums: targets[i]! })));
    for (const from of targets) if (from !== sums) await this.workers.run('addSums', { into: sums, from });
    return { sums, positions: this.positions, customers };
  }

  /** Ranks the customers of the selection. */
  async ranking(query: ContributionQuery, { labels, subject, ...options }: RankingOptions): Promise<RankedContributions> {
    const contributions = await this.contributions(query);
    const { sums, customers } = contributions;
    const bands = new Uint8Array(new SharedArrayBuffer(customers.size));
    const number = subject === undefined ? -1 : this.findCustomer(subject);
    const ranking = await this.workers.run('rank', { sums, customers, bands, ...options, subject: number < 0 ? undefined : number });
    if (!labels) return { ...contributions, ranking, bands };
    return { ...contributions, ranking, bands, digest: await this.digestOfBands(sums, bands, labels) };
  }

  /** Sum modulo 2^256 of one SHA-256 for each customer in a band. */
  async digestOfBands(sums: Sums, bands: Uint8Array, labels: readonly string[]): Promise<string> {
    const { customers } = this;
    const parts = await Promise.all(
      this.ranges((i) => Math.floor((customers.size * i) / this.workers.size)).map((range) =>
        this.workers.run('rankingDigest', { sums, bands, customers, labels, ...range }),
      ),
    );
    return parts.reduce(addDigests);
  }

  /** Measures of one customer; undefined where the ledger had never seen the customer. */
  async customer(customer: string, query: ContributionQuery): Promise<CustomerMeasures | undefined> {
    const number = this.findCustomer(customer);
    if (number < 0) return undefined;
    const { segments, customers, names } = this;
    const [selection, stores] = [this.selection(query), names.stores.handle];
    return this.workers.run('customer', { segments, customer: number, customers: customers.size, selection, stores });
  }

  /** The canonical digest. */
  async digest(): Promise<LedgerDigest> {
    const { segments, customers, names } = this;
    const [stores, categories] = [names.stores.handle, names.categories.handle];
    const cuts = this.balancedCuts();
    const parts = await Promise.all(
      this.ranges((i) => cuts[i]!).map((range) => this.workers.run('digest', { segments, customers, stores, categories, ...range })),
    );
    return parts.reduce(addLedgerDigests);
  }

  private selection({ fromDay, toDay, stores, category }: ContributionQuery): Selection {
    return { fromDay, toDay, stores: stores && this.storeMask(stores), category: this.categoryNumber(category) };
  }

  private storeMask(ids: readonly string[]): Uint8Array {
    const { stores } = this.names;
    const mask = new Uint8Array(stores.handle.size);
    for (const id of ids) {
      const number = stores.find(id);
      if (number >= 0) mask[number] = 1;
    }
    return mask;
  }

  private categoryNumber(category: string | undefined): number | undefined {
    if (category === undefined) return undefined;
    const number = this.names.categories.find(category);
    return number < 0 ? UNKNOWN_CATEGORY : number + 1;
  }

  private ranges(cut: (i: number) => number): { fromCustomer: number; toCustomer: number }[] {
    return Array.from({ length: this.workers.size }, (_, i) => ({ fromCustomer: cut(i), toCustomer: cut(i + 1) }));
  }

  private shares(): Share[] {
    const arrival = this.segments.filter(({ kind }) => kind === 'arrival');
    const clustered = this.segments.filter(({ kind }) => kind === 'clustered');
    const rows = arrival.reduce((sum, segment) => sum + segment.rows, 0);
    const parts = this.workers.size;
    const cuts = this.balancedCuts();
    return this.ranges((i) => cuts[i]!).map((range, i) => ({
      arrival: slice(arrival, Math.floor((rows * i) / parts), Math.floor((rows * (i + 1)) / parts)),
      clustered,
      ...range,
    }));
  }

  /** Customer numbers at which the rows of the clustered segments fall into equal parts. */
  private balancedCuts(): number[] {
    const clustered = this.segments.filter(({ kind }) => kind === 'clustered').map(columnsOf);
    const { size } = this.customers;
    const parts = this.workers.size;
    if (clustered.length === 0) return Array.from({ length: parts + 1 }, (_, i) => Math.floor((size * i) / parts));
    const rowsBelow = (customer: number): number =>
      clustered.reduce((sum, columns) => sum + columns.runStart[firstRun(columns, customer)]!, 0);
    const total = rowsBelow(size);
    return Array.from({ length: parts + 1 }, (_, i) => {
      if (i === parts) return size;
      let low = 0;
      let high = size;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (rowsBelow(middle) < (total * i) / parts) low = middle + 1;
        else high = middle;
      }
      return low;
    });
  }
}

/** The rows from (included) to (excluded) of some segments laid end to end. */
function slice(segments: readonly Segment[], from: number, to: number): Share['arrival'] {
  const parts: { segment: Segment; from: number; to: number }[] = [];
  let start = 0;
  for (const segment of segments) {
    const first = Math.max(from - start, 0);
    const last = Math.min(to - start, segment.rows);
    if (first < last) parts.push({ segment, from: first, to: last });
    start += segment.rows;
  }
  return parts;
}
