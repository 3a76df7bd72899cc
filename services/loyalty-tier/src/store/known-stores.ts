import { storeChangedV1, type StoreFacts } from '@regulars/contracts';
import type { Position } from '@regulars/kernel';
import type { DeliveredMessage, Positions, Watermark } from '@regulars/ports';

/** The stores of the chain at one position of the log. */
export interface StoreTable {
  readonly watermark: Watermark;
  readonly stores: ReadonlyMap<string, StoreFacts>;
}

/** Follows the chain's stores, wholly and in memory, and knows them exactly at the newest watermark. */
export class KnownStores {
  private readonly positions = new Map<string, Position>();
  private readonly watermarks = new Map<string, Watermark>();
  private sources: readonly string[] = [];
  /** Changes behind the newest watermark. */
  private ahead: { readonly logPosition: Position; readonly facts: StoreFacts }[] = [];
  private stores: ReadonlyMap<string, StoreFacts> = new Map();
  private table: StoreTable | undefined;
  /** Readers waiting for a position; each looks for itself whether it has come. */
  private readonly waiting = new Set<() => void>();

  /** Where to go on in the sources that have come. */
  async begin(sources: readonly string[]): Promise<Positions> {
    this.sources = [...new Set([...this.sources, ...sources])];
    return Object.fromEntries(this.positions);
  }

  /**
   * Takes changes in; answers how many messages were left out because nobody here knows their type. The table is made anew at every start,
   * so a build that knows them takes them in.
   */
  take(messages: readonly DeliveredMessage[], upTo: Positions): { readonly unknown: number } {
    const known = messages.filter(({ type }) => type === storeChangedV1.type);
    for (const { data, logPosition = '' } of known) this.ahead.push({ logPosition, facts: data as unknown as StoreFacts });
    for (const [source, position] of Object.entries(upTo)) this.positions.set(source, position);
    return { unknown: messages.length - known.length };
  }

  /** Goes on to a watermark, once every source has come to it. */
  pass(source: string, watermark: Watermark): void {
    if ((this.watermarks.get(source)?.logPosition ?? '') > watermark.logPosition) return;
    this.watermarks.set(source, watermark);
    const all = this.sources.map((one) => this.watermarks.get(one));
    if (all.some((one) => one === undefined)) return;
    const lowest = all.reduce((a, b) => (b!.logPosition < a!.logPosition ? b : a))!;
    const due = this.ahead.filter(({ logPosition }) => logPosition <= lowest.logPosition);
    if (due.length > 0) {
      this.ahead = this.ahead.filter(({ logPosition }) => logPosition > lowest.logPosition);
      this.stores = new Map([...this.stores, ...due.map(({ facts }) => [facts.store, facts] as const)]);
    }
    this.table = { watermark: lowest, stores: this.stores };
    for (const look of [...this.waiting]) look();
  }

  /** The stores at the newest watermark; undefined before the first. */
  newest(): StoreTable | undefined {
    return this.table;
  }

  /** The stores at the newest watermark once that is not below a position; undefined where it does not come in time. */
  async reached(position: Position, withinMs: number): Promise<StoreTable | undefined> {
    const there = (): StoreTable | undefined =>
      this.table !== undefined && this.table.watermark.logPosition >= position ? this.table : undefined;
    if (!there()) {
      await new Promise<void>((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          this.waiting.delete(look);
          resolve();
        };
        const look = (): void => (there() ? end() : undefined);
        const timer = setTimeout(end, withinMs);
        this.waiting.add(look);
      });
    }
    return there();
  }

  /** Currency of the chain's stores; undefined before there is one. */
  currency(): string | undefined {
    return [...this.stores.values()][0]?.currency;
  }
}
