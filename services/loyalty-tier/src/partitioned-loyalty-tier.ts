import { PURCHASE_TOPIC, STORE_TOPIC } from '@regulars/contracts';
import type { DeadLetters, RedriveOutcome, Report } from '@regulars/engine';
import { type Clock, CodedError } from '@regulars/kernel';
import type { Consumption, EventBus, Positions, Watermark } from '@regulars/ports';
import type { ReachFailpoint } from './contribution/ledger-files';
import { LedgerWorkers } from './contribution/ledger-workers';
import { type LoyaltyTierService, requireReached } from './loyalty-tier';
import { KeptConsumption } from './partitions/kept-consumption';
import { OwnedLedgers, type PartitionStatus } from './partitions/owned-ledgers';
import { GatheredContributions, type Patience } from './ranking/gathered-contributions';
import { RANKINGS_TOPIC } from './ranking/messages';
import { QuestionBoard } from './ranking/question-board';
import { KnownStores } from './store/known-stores';

/** What a loyalty-tier service that shares the partitions with others is built on. */
export interface PartitionedLoyaltyTierPorts {
  readonly bus: EventBus;
  readonly deadLetters: DeadLetters;
  /** Folder for the ledgers of this instance alone. Kept over restarts, it spares reading everything again. */
  readonly directory: string;
  /** Name of this instance; no two that run at the same time have the same. */
  readonly instance: string;
  /** Every partition of `purchase.events.v1`, as the bus names its sources. */
  readonly sources: readonly string[];
  readonly chain: string;
  readonly report: Report;
  readonly clock: Clock;
  /** A new id, never the same twice among all instances. */
  readonly newId: () => string;
  /** Currency of the chain's amounts as long as no store is known. */
  readonly currency: string;
  readonly failpoint?: ReachFailpoint | undefined;
  /** Threads shared with other instances in the process; absent: its own. */
  readonly workers?: LedgerWorkers | undefined;
  readonly patience?: Patience | undefined;
}

/** How an instance stands. */
export interface PartitionedStatus {
  readonly instance: string;
  /** How far the log has been carried, as far as this instance has been told: what questions are answered at. */
  readonly watermark: Watermark | null;
  /** Partitions owned now. */
  readonly partitions: readonly PartitionStatus[];
  /** Questions of all instances under way. */
  readonly questions: number;
  /** The last fault of what is followed, by topic, while it lasts. */
  readonly faults: Readonly<Record<string, string>>;
}

/** The loyalty-tier service, as one of any number of instances. */
export interface PartitionedLoyaltyTier extends LoyaltyTierService {
  status(): PartitionedStatus;
  /**
   * Takes a parked message of an owned partition in again, with those of its key behind it. Throws `dead-letter.not-found` where there is
   * none, or another instance owns its partition.
   */
  redrive(deadLetterId: string): Promise<RedriveOutcome>;
}

/** Starts an instance: it takes its share of the partitions, and answers for the chain together with the others. */
export function createPartitionedLoyaltyTier(ports: PartitionedLoyaltyTierPorts): PartitionedLoyaltyTier {
  const { bus, deadLetters, directory, instance, sources, chain, report, clock, newId, failpoint, patience } = ports;
  const workers = ports.workers ?? new LedgerWorkers();
  const faultIn = (topic: string) => (reason: string) => report('fault', { projection: topic, version: instance, reason });
  const folders = { directory, workers, failpoint };
  const ledgers = new OwnedLedgers({ bus, sources, folders, deadLetters, clock, report });
  const publish = bus.publish.bind(bus);
  const board = new QuestionBoard({ sources, ledgers, lane: workers.queries, publish, chain, clock, newId, report });
  const stores = new KnownStores();
  ledgers.follow(() => board.moved());
  const following = followStores(bus, instance, stores, faultIn(STORE_TOPIC));
  const answering = followRankings(bus, instance, board, faultIn(RANKINGS_TOPIC));
  const gathered = new GatheredContributions({
    ask: (at, task, withinMs) => board.ask(at, task, withinMs),
    stores,
    stats: () => ledgers.stats(),
    clock,
    patience,
  });
  const faults = (): Record<string, string> => ({
    ...(ledgers.lastFault === undefined ? {} : { [PURCHASE_TOPIC]: ledgers.lastFault }),
    ...(following.fault === undefined ? {} : { [STORE_TOPIC]: following.fault }),
    ...(answering.fault === undefined ? {} : { [RANKINGS_TOPIC]: answering.fault }),
  });
  return {
    ledger: () => gathered,
    currency: () => stores.currency() ?? ports.currency,
    projections: [],
    // Nothing to wait for: answers are made at the newest watermark there is when they are asked for.
    fresh: async () => undefined,
    reached: (position, withinMs) => requireReached(async (ms) => (await stores.reached(position, ms)) !== undefined, withinMs),
    status: () => ({
      instance,
      watermark: stores.newest()?.watermark ?? null,
      partitions: ledgers.status(clock.now()),
      questions: board.size,
      faults: faults(),
    }),
    async redrive(deadLetterId) {
      const { consumer, key } = await deadLetters.get(deadLetterId);
      const outcome = await ledgers.redrive(consumer, key);
      if (!outcome) throw new CodedError('dead-letter.not-found', 'Another instance owns the partition it was parked from');
      return outcome;
    },
    async close() {
      board.close();
      await Promise.all([following.close(), answering.close()]);
      await ledgers.close();
      if (!ports.workers) await workers.close();
    },
  };
}

/** Every instance follows all stores from the beginning: there are few. */
function followStores(bus: EventBus, instance: string, stores: KnownStores, onFault: (reason: string) => void): KeptConsumption {
  const kept: KeptConsumption = new KeptConsumption(
    () =>
      bus.consume({
        group: `loyalty-tier.stores.${instance}`,
        topics: [STORE_TOPIC],
        from: (sources) => stores.begin(sources),
        onBatch: async (messages, upTo) => {
          const { unknown } = stores.take(messages, upTo);
          if (unknown > 0) onFault(`${unknown} messages of an unknown type were left out`);
          kept.progressed();
        },
        onWatermark: (source, watermark) => stores.pass(source, watermark),
        onCaughtUp: () => kept.progressed(),
      }),
    onFault,
  );
  return kept;
}

/**
 * Every instance follows all questions and answers. They are kept for a short time only, so a place remembered may be gone after a fault:
 * then it begins with what there is, and leaves out what is of the past.
 */
function followRankings(bus: EventBus, instance: string, board: QuestionBoard, onFault: (reason: string) => void): KeptConsumption {
  const open = (): Consumption => {
    let at: Positions = {};
    return bus.consume({
      group: `loyalty-tier.rankings.${instance}`,
      topics: [RANKINGS_TOPIC],
      from: async () => at,
      onBatch: async (messages, upTo) => {
        for (const message of messages) board.handle(message);
        at = { ...at, ...upTo };
        kept.progressed();
      },
      onCaughtUp: () => kept.progressed(),
    });
  };
  const kept: KeptConsumption = new KeptConsumption(open, onFault);
  return kept;
}
