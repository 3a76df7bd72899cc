import type { Clock, StoredEvent } from '@regulars/kernel';
import {
  type DeadLetters,
  documentProjection,
  eventStoreFeed,
  type Feed,
  LiveProjection,
  liveCollection,
  type Projection,
  type Report,
} from '@regulars/engine';
import type { DocumentCollection, DocumentStore, EventStore } from '@regulars/ports';
import { Intake } from './intake/intake';
import { intakeReportProjection, type IntakeReportRow } from './intake/report';
import { type QuarantineDocument, quarantineProjection } from './quarantine/projection';
import { RedriveWaiting } from './quarantine/redrive-waiting';
import { type QuarantinePorts, redrive } from './quarantine/settle';
import { storesProjection } from './store/projection';
import type { StoreRegistryPorts } from './store/register-store';
import { StoreDirectory } from './store/store-directory';
import { type TerminalDocument, terminalsProjection } from './terminal/sequence-gaps';

/** What the purchase service is built on. */
export interface PurchasePorts {
  readonly chain: string;
  readonly eventStore: EventStore;
  readonly documents: DocumentStore;
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
  readonly claimWindowDays: number;
  readonly futureToleranceMs: number;
  readonly report: Report;
  readonly failpoint?: ((name: string) => void) | undefined;
}

/** The purchase service, ready to be put behind HTTP or any other edge. */
export interface PurchaseService {
  readonly chain: string;
  readonly eventStore: EventStore;
  readonly clock: Clock;
  readonly intake: Intake;
  readonly stores: StoreDirectory;
  readonly storeRegistry: StoreRegistryPorts;
  readonly quarantine: QuarantinePorts;
  readonly projections: readonly LiveProjection[];
  /** The read models as readers see them now. */
  readonly quarantineEntries: () => Promise<DocumentCollection<QuarantineDocument>>;
  readonly reportRows: () => Promise<DocumentCollection<IntakeReportRow>>;
  readonly terminals: () => Promise<DocumentCollection<TerminalDocument>>;
  /** Resolves when the read models include everything acknowledged before the call, or after five seconds. */
  fresh(): Promise<void>;
  /** Resolves when the read models include everything recorded so far and nothing that could leave quarantine is left in it. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the service and starts its projections; what waits in quarantine is looked through for what has come meanwhile. */
export async function createPurchaseService(ports: PurchasePorts): Promise<PurchaseService> {
  const { chain, eventStore, documents, deadLetters, clock, report } = ports;
  const stores = new StoreDirectory();
  const intake = new Intake({ ...ports, stores });
  const quarantineEntries = () => liveCollection<QuarantineDocument>(documents, quarantineProjection);

  const feed: Feed<StoredEvent> = eventStoreFeed(eventStore);
  const open = (projection: Projection<StoredEvent>) => LiveProjection.open({ projection, feed, deadLetters, report });
  const storesLive = await open(documentProjection(documents, storesProjection, (written) => stores.note(written)));
  const quarantineLive = await open(documentProjection(documents, quarantineProjection));
  const reportLive = await open(documentProjection(documents, intakeReportProjection));
  const terminalsLive = await open(documentProjection(documents, terminalsProjection));
  const projections = [storesLive, quarantineLive, reportLive, terminalsLive];

  const quarantine: QuarantinePorts = { chain, eventStore, clock, intake, reached: (position) => quarantineLive.fresh(position) };
  const head = async () => (await eventStore.head()) ?? '';
  const waiting = new RedriveWaiting({
    eventStore,
    entries: quarantineEntries,
    current: async () => {
      const position = await head();
      const shown = await Promise.all(
        [quarantineLive, storesLive].map((live) => live.fresh(position).then(() => live.live.passed() ?? '')),
      );
      return shown.every((passed) => passed >= position);
    },
    redrive: (id) => redrive(quarantine, id, { ...BY_ITSELF, correlationId: `redrive-${id}` }),
    report: (reason) => report('fault', { projection: 'redrive-waiting', version: '', reason }),
  });
  const arrivals = eventStore.subscribe({
    after: await eventStore.head(),
    onBatch: async (events) => {
      const last = events.at(-1)?.position ?? '';
      if (!waiting.concernedBy(events)) return;
      await Promise.all([quarantineLive.fresh(last), storesLive.fresh(last)]);
      waiting.note(events);
    },
  });

  await stores.load(await liveCollection(documents, storesProjection));
  for (const projection of projections) projection.start();
  // In the background: a read model that is far behind must not keep the tills waiting.
  const looked = quarantineLive.fresh(await head(), CATCH_UP_MS_MAX).then(() => waiting.start());
  looked.catch((error: unknown) => report('fault', { projection: 'redrive-waiting', version: '', reason: String(error) }));
  return {
    chain,
    eventStore,
    clock,
    intake,
    stores,
    storeRegistry: { chain, eventStore, stores, reached: (position) => storesLive.fresh(position) },
    quarantine,
    projections: projections as unknown as readonly LiveProjection[],
    quarantineEntries,
    reportRows: () => liveCollection(documents, intakeReportProjection),
    terminals: () => liveCollection(documents, terminalsProjection),
    async fresh() {
      const position = await eventStore.head();
      await Promise.all(projections.map((projection) => projection.fresh(position)));
    },
    async settled() {
      await looked;
      await quarantineLive.fresh(await head());
      await waiting.idle();
      const position = await head();
      for (const projection of projections) await projection.fresh(position);
    },
    async close() {
      await arrivals.close();
      await waiting.stop();
      for (const projection of projections) await projection.close();
    },
  };
}

/** How long the first look through quarantine waits for its read model, which may be built anew from years of events. */
const CATCH_UP_MS_MAX = 3_600_000;

/** The platform itself re-drives with the right to every store: who sent the item was checked when it came. */
const BY_ITSELF = { principal: { role: 'administrator', stores: '*' }, by: 'platform' } as const;
