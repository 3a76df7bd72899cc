import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PURCHASE_TOPIC, purchaseRecordedV1, purchaseVoidedV1, STORE_TOPIC, storeChangedV1 } from '@regulars/contracts';
import { DeadLetters } from '@regulars/engine';
import { fixedClock, type JsonObject } from '@regulars/kernel';
import type { EventBus, LogMessage } from '@regulars/ports';
import { emptyPartitions, InMemoryDocumentStore, InMemoryEventBus } from '@regulars/testing';
import { ContributionLedger } from '../contribution/ledger';
import type { SignedChange, StoreRegion } from '../contribution/ledger-memory';
import type { LedgerWorkers } from '../contribution/ledger-workers';
import { createPartitionedLoyaltyTier, type PartitionedLoyaltyTier } from '../partitioned-loyalty-tier';
import { position } from './purchases';

/** One thing that happened: a purchase or a store. */
export type Happening = SignedChange | StoreRegion;

const TOPICS = [PURCHASE_TOPIC, STORE_TOPIC];
const CLOCK = fixedClock(Date.parse('2026-06-01T12:00:00Z'));

/** Where the n-th happening (from 0) lies in the log. */
export const logPositionOf = (index: number): string => position(index + 1);

function messageOf(happening: Happening, index: number): LogMessage {
  const common = { id: `m${index}`, occurredAt: '2026-06-01T00:00:00Z', chain: 'main', correlationId: 'test', ordinal: 0 };
  const logPosition = logPositionOf(index);
  if ('store' in happening) {
    const { store, region } = happening;
    const data = { store, region, name: store, timeZone: 'UTC', currency: 'EUR', opened: null, closed: null };
    return { ...common, logPosition, type: storeChangedV1.type, topic: STORE_TOPIC, key: store, data };
  }
  const { change, sign } = happening;
  const type = sign === 1 ? purchaseRecordedV1.type : purchaseVoidedV1.type;
  const key = change.customer ?? change.purchaseId;
  return { ...common, logPosition, type, topic: PURCHASE_TOPIC, key, data: change as unknown as JsonObject };
}

/** Some instances in one process, over one bus in memory with a relay that the spec plays. */
export class Cluster {
  readonly faults: string[] = [];
  readonly bus: InMemoryEventBus;
  private readonly documents = new InMemoryDocumentStore();
  private readonly instances = new Map<string, { readonly service: PartitionedLoyaltyTier; readonly crash: () => void }>();
  private readonly folder = mkdtempSync(join(tmpdir(), 'loyalty-tier-cluster-'));
  private started = 0;
  private ids = 0;

  /** `throughBus`: what each instance sees instead of the bus itself. */
  constructor(
    readonly partitions: number,
    private readonly workers: LedgerWorkers,
    private readonly log: readonly Happening[],
    private readonly throughBus: (bus: EventBus) => EventBus = (bus) => bus,
  ) {
    this.bus = new InMemoryEventBus(emptyPartitions(partitions));
  }

  /** Starts an instance; one of a name that ran before finds its folder. */
  async start(name = `i${this.started++}`, patience = { attemptMs: 5_000, attempts: 6 }): Promise<PartitionedLoyaltyTier> {
    let crashed = false;
    const service = createPartitionedLoyaltyTier({
      bus: this.throughBus(this.bus),
      deadLetters: await DeadLetters.open(this.documents, CLOCK),
      directory: join(this.folder, name),
      instance: name,
      sources: Array.from({ length: this.partitions }, (_, partition) => `memory-${partition}`),
      chain: 'main',
      report: (event, { projection, reason }) => void this.faults.push(`${event}: ${projection}: ${reason}`),
      clock: CLOCK,
      newId: () => `id-${this.ids++}`,
      currency: 'EUR',
      failpoint: () => {
        if (crashed) throw new Error('crashed');
      },
      workers: this.workers,
      patience,
    });
    this.instances.set(name, { service, crash: () => (crashed = true) });
    return service;
  }

  get names(): string[] {
    return [...this.instances.keys()];
  }

  /** The n-th instance running, counted around. */
  instance(n = 0): PartitionedLoyaltyTier {
    return [...this.instances.values()][n % this.instances.size]!.service;
  }

  /** Stops an instance: in order, or as if it were killed, with nothing made durable any more. */
  async stop(name: string, how: 'leaves' | 'crashes'): Promise<void> {
    const { service, crash } = this.instances.get(name)!;
    if (how === 'crashes') crash();
    this.instances.delete(name);
    await service.close();
  }

  /** The relay carries the log from one place to another, and says how far it has come. */
  relay(from: number, to: number): Promise<void> {
    const messages = this.log.slice(from, to).map((happening, i) => messageOf(happening, from + i));
    const observedAt = new Date(CLOCK.now()).toISOString();
    const watermark = to === 0 ? undefined : { logPosition: logPositionOf(to - 1), observedAt };
    return this.bus.relay({ messages, watermark, topics: TOPICS, epoch: 1 });
  }

  /** The one ledger of the embedded platform, with everything up to a position in the log. */
  async whole(upTo: string): Promise<ContributionLedger> {
    const ledger = await ContributionLedger.open({ directory: mkdtempSync(join(this.folder, 'whole-')), workers: this.workers });
    const inside = this.log.slice(0, this.log.findLastIndex((_, index) => logPositionOf(index) <= upTo) + 1);
    for (const happening of inside) if ('store' in happening) ledger.apply([], {}, [happening]);
    const changes = inside.filter((happening): happening is SignedChange => !('store' in happening));
    ledger.apply(changes, { log: upTo });
    return ledger;
  }

  async close(): Promise<void> {
    for (const name of this.names) await this.stop(name, 'leaves');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
