import type { StoredEvent } from '@regulars/kernel';
import { type DocumentCollection, type EventStore, StoreUnavailable } from '@regulars/ports';
import type { QuarantineDocument } from './projection';

/** Most entries tried again for one arrival before the next is looked at; the rest follows in the next round. */
const PAGE = 100;

/** Events that say what an entry waits for. */
const WAITING: ReadonlySet<string> = new Set(['intake.item-quarantined.v1', 'intake.item-refused-again.v1']);

/** Pause before what failed is tried again; doubled with each further failure up to the maximum. */
const RETRY_MS_MIN = 200;
const RETRY_MS_MAX = 60_000;

/** What re-driving by itself needs. */
export interface RedriveWaitingPorts {
  readonly eventStore: EventStore;
  readonly entries: () => Promise<DocumentCollection<QuarantineDocument>>;
  /** Whether the read models include all that was recorded before the call; it may wait for that a while. */
  readonly current: () => Promise<boolean>;
  readonly redrive: (id: string) => Promise<unknown>;
  readonly report: (reason: string) => void;
}

/**
 * Takes entries out of quarantine as soon as what they wait for has come: the receipt a return, void or claim refers to, or the
 * registration of a store. So the order in which things arrive makes no difference in the end. While a store is away it is tried again.
 */
export class RedriveWaiting {
  /** What open entries wait for. Bounded by the open entries themselves. */
  private readonly awaited = new Set<string>();
  private readonly arrived = new Set<string>();
  private readonly failed = new Set<string>();
  private retryMs = RETRY_MS_MIN;
  private retry: NodeJS.Timeout | undefined;
  private working: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly ports: RedriveWaitingPorts) {}

  /** Looks at everything that waits, for what came while nobody was watching. */
  async start(): Promise<void> {
    const entries = await this.ports.entries();
    let cursor: string | undefined;
    do {
      const page = await entries.find({ where: { status: 'open' }, limit: 1_000, cursor });
      for (const { document } of page.items) if (document.waitsFor !== '') this.waits(document.waitsFor);
      cursor = page.next;
    } while (cursor);
  }

  /** Whether a batch may hold anything to do: most do not, and need not be waited for. */
  concernedBy(events: readonly StoredEvent[]): boolean {
    return this.awaited.size > 0 || events.some(({ type }) => WAITING.has(type));
  }

  /** To be called with every batch that concerns it, after the read models of quarantine and stores have taken it in. */
  note(events: readonly StoredEvent[]): void {
    for (const event of events) {
      if (WAITING.has(event.type)) {
        const { waitsFor } = event.data as { waitsFor?: string };
        if (waitsFor !== undefined) this.waits(waitsFor);
      } else if (this.awaited.size > 0) {
        const came = cameWith(event);
        if (came !== undefined && this.awaited.has(came)) this.wake(came);
      }
    }
  }

  /** Finishes the entry under way and starts no other. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.retry);
    await this.working;
  }

  /** Resolves when nothing that has arrived is left to do. */
  async idle(): Promise<void> {
    while (this.working) await this.working;
  }

  /** What is waited for may have come while the entry was on its way into quarantine, so it is looked for at once. */
  private waits(what: string): void {
    this.awaited.add(what);
    this.wake(what);
  }

  private wake(what: string): void {
    this.arrived.add(what);
    if (!this.stopped && !this.working) this.working = this.work();
  }

  private async work(): Promise<void> {
    for (const what of this.arrived) {
      if (this.stopped) break;
      this.arrived.delete(what);
      try {
        if (await this.isThere(what)) await this.redriveAll(what);
        this.retryMs = RETRY_MS_MIN;
      } catch (error) {
        this.failed.add(what);
        this.ports.report(error instanceof Error ? error.message : String(error));
      }
    }
    // No await between the last look at what arrived and this: nothing can come unseen.
    this.working = undefined;
    if (this.failed.size > 0 && !this.stopped) this.tryAgainLater();
  }

  private tryAgainLater(): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      const failed = [...this.failed];
      this.failed.clear();
      for (const what of failed) this.wake(what);
    }, this.retryMs);
    this.retry.unref();
    this.retryMs = Math.min(this.retryMs * 2, RETRY_MS_MAX);
  }

  private async isThere(what: string): Promise<boolean> {
    const events = await this.ports.eventStore.readStream(what.replace(':', '-'), { limit: 1 });
    return events.length > 0;
  }

  private async redriveAll(what: string): Promise<void> {
    // Entries that a read model does not show yet would be passed over for good.
    if (!(await this.ports.current())) throw new StoreUnavailable('The read models do not show yet what waits');
    const entries = await this.ports.entries();
    let cursor: string | undefined;
    do {
      const page = await entries.find({ where: { waitsFor: what, status: 'open' }, limit: PAGE, cursor });
      for (const { id } of page.items) {
        if (this.stopped) return;
        await this.ports.redrive(id);
      }
      cursor = page.next;
    } while (cursor);
  }
}

function cameWith(event: StoredEvent): string | undefined {
  if (event.type === 'purchase.recorded.v1' || event.type === 'purchase.return-noted.v1')
    return event.streamId.replace('purchase-', 'purchase:');
  return event.type === 'store.registered.v1' ? event.streamId.replace('store-', 'store:') : undefined;
}
