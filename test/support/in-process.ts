import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLogBus } from '@regulars/adapter-embedded';
import type { IntakeResult } from '@regulars/contracts';
import { DeadLetters } from '@regulars/engine';
import type { Clock } from '@regulars/kernel';
import { createLoyaltyTierService, type LoyaltyTierService, pyramid } from '@regulars/loyalty-tier';
import type { DocumentStore, EventBus, EventStore, Publisher } from '@regulars/ports';
import { createPurchaseService, purchasePublishes, type PurchaseService } from '@regulars/purchase';
import { type DocumentsInMemory, InMemoryDocumentStore, InMemoryEventStore, noDocuments } from '@regulars/testing';
import type { Item, TestStore } from './receipts';

const CLOCK: Clock = { now: () => Date.parse('2026-06-01T12:00:00Z') };
const CHAIN = 'main';
/** Ids of deliveries are never used again, after restarts neither. */
let deliveries = 0;

/** Where a bug can be planted: each wraps or replaces an honest part. */
export interface Bug {
  readonly publisher?: (honest: Publisher) => Publisher;
  readonly bus?: (honest: EventBus) => EventBus;
  readonly eventStore?: (honest: EventStore) => EventStore;
  readonly documents?: (honest: DocumentStore) => DocumentStore;
}

/** Both services on one log in memory, with the ledger in a folder of its own: the platform without its edge. */
export class InProcess {
  readonly faults: string[] = [];

  private constructor(
    private readonly bug: Bug,
    private readonly folder: string,
    private readonly kept: { events: InMemoryEventStore; documents: DocumentsInMemory },
    readonly purchase: PurchaseService,
    readonly loyaltyTier: LoyaltyTierService,
  ) {}

  static async open(bug: Bug = {}): Promise<InProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'regulars-exactness-'));
    return InProcess.over(bug, folder, { events: new InMemoryEventStore(CLOCK), documents: noDocuments() });
  }

  private static async over(bug: Bug, folder: string, kept: InProcess['kept']): Promise<InProcess> {
    const faults: string[] = [];
    const same = <T>(honest: T): T => honest;
    const eventStore = (bug.eventStore ?? same)(kept.events);
    const documents = (bug.documents ?? same)(new InMemoryDocumentStore(kept.documents));
    const deadLetters = await DeadLetters.open(documents, CLOCK);
    const report = (event: string, facts: { reason: string }): void => void faults.push(`${event}: ${facts.reason}`);
    const shared = { documents, deadLetters, report };
    const purchase = await createPurchaseService({
      ...shared,
      chain: CHAIN,
      eventStore,
      clock: CLOCK,
      claimWindowDays: 30,
      futureToleranceMs: 0,
    });
    const publishers = [(bug.publisher ?? same)(purchasePublishes)];
    const loyaltyTier = await createLoyaltyTierService({
      ...shared,
      bus: (bug.bus ?? same)(openLogBus({ eventStore, publishers, chain: CHAIN })),
      directory: folder,
      head: () => eventStore.head(),
      currency: () => 'EUR',
    });
    const opened = new InProcess(bug, folder, kept, purchase, loyaltyTier);
    opened.faults.push(...faults);
    return opened;
  }

  /** Registers stores as their HTTP route would. */
  async register(stores: readonly TestStore[]): Promise<void> {
    const { eventStore } = this.purchase;
    for (const { id: store, ...facts } of stores) {
      await eventStore.append({
        streamId: `store-${store}`,
        expected: 'no-stream',
        events: [
          {
            id: `store-${store}`,
            type: 'store.registered.v1',
            occurredAt: '2024-01-01T00:00:00.000Z',
            data: { store, ...facts, opened: null, closed: null },
            correlationId: 'test',
            chain: CHAIN,
            store,
          },
        ],
      });
    }
    await this.settled();
  }

  /** Hands items in as one delivery. */
  async takeIn(items: readonly Item[]): Promise<readonly IntakeResult[]> {
    const delivery = {
      id: `delivery-${deliveries++}`,
      correlationId: 'test',
      principal: { role: 'administrator' as const, stores: '*' as const },
    };
    const raw = items.map((value) => ({ value: JSON.parse(JSON.stringify(value)) as unknown, raw: () => JSON.stringify(value) }));
    return this.purchase.intake.takeIn(raw, delivery);
  }

  /** Resolves when everything is in the read models and the ledger, and nothing is left that could leave quarantine. */
  async settled(): Promise<void> {
    await this.purchase.settled();
    await this.loyaltyTier.fresh();
  }

  /** All that must not depend on the way things came. */
  async state() {
    await this.settled();
    const ledger = this.loyaltyTier.ledger();
    const query = { asOf: '2024-12-31', window: 'all', scope: 'chain', count: 'all' as const, currency: 'EUR' };
    const { position: _, ...chain } = await pyramid(ledger, query);
    const totals = { received: 0, accepted: 0, duplicate: 0, quarantined: 0 };
    for await (const batch of (await this.purchase.reportRows()).all()) {
      for (const { document } of batch) {
        for (const outcome of ['accepted', 'duplicate', 'quarantined'] as const) {
          totals[outcome] += document[outcome];
          totals.received += document[outcome];
        }
      }
    }
    return { digest: await ledger.digest(), pyramid: chain, totals };
  }

  /** Stops and opens again over what was kept; with `rebuild`, over the events alone: everything derived is made anew. */
  async restart({ rebuild = false } = {}): Promise<InProcess> {
    await this.stop();
    if (rebuild) rmSync(this.folder, { recursive: true, force: true });
    const events = await this.kept.events.reopen();
    return InProcess.over(this.bug, this.folder, { events, documents: rebuild ? noDocuments() : this.kept.documents });
  }

  /** Stops and removes what is on the disk. */
  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async stop(): Promise<void> {
    await this.purchase.close();
    await this.loyaltyTier.close();
  }
}
