import { busFeed, type DeadLetters, LiveProjection, type Report } from '@regulars/engine';
import { CodedError, type Position } from '@regulars/kernel';
import type { DocumentStore, EventBus } from '@regulars/ports';
import type { LedgerVersion } from './contribution/projection';
import { contributionProjection } from './contribution/projection';
import type { ContributionSource } from './contribution/contribution-source';
import type { ContributionLedger } from './contribution/ledger';
import type { ReachFailpoint } from './contribution/ledger-files';
import { LedgerWorkers } from './contribution/ledger-workers';
import { topics } from './subscribes';

/** How often what was applied is made durable when little comes. A restart reads again what came since. */
const FLUSH_SECONDS = 15;
/** How long a reader waits for a position it names. */
const REACHED_MS_MAX = 10_000;

/** Waits until answers include a position, as told by `wait`. Throws CodedError `position.not-reached`. */
export async function requireReached(wait: (withinMs: number) => Promise<boolean>, withinMs: number = REACHED_MS_MAX): Promise<void> {
  if (await wait(withinMs)) return;
  throw new CodedError('position.not-reached', `Answers did not include the position within ${withinMs} ms`);
}

/** What the loyalty-tier service is built on. */
export interface LoyaltyTierPorts {
  readonly bus: EventBus;
  readonly documents: DocumentStore;
  readonly deadLetters: DeadLetters;
  /** Folder for the ledger. */
  readonly directory: string;
  readonly report: Report;
  /** Position of the last event, where one log orders everything: reads then include all that was acknowledged before them. */
  readonly head: () => Promise<Position | undefined>;
  /** When the first event after a position was recorded, ISO 8601, undefined where there is none: for the lag. */
  readonly firstAfter?: ((position: Position | undefined) => Promise<string | undefined>) | undefined;
  /** Currency of the chain's amounts. */
  readonly currency: () => string;
  readonly failpoint?: ReachFailpoint | undefined;
}

/** The loyalty-tier service, ready to be put behind HTTP or any other edge. */
export interface LoyaltyTierService {
  /** What tiers are made from, as it is now; ask anew for each query, since a replay may have switched. */
  readonly ledger: () => ContributionSource;
  readonly currency: () => string;
  readonly projections: readonly LiveProjection[];
  /** Resolves when the ledger includes everything acknowledged before the call, or after five seconds. */
  fresh(): Promise<void>;
  /** Resolves when answers include a position of the log. Throws CodedError `position.not-reached` where they do not within a time, default ten seconds. */
  reached(position: Position, withinMs?: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens the ledger and starts following the bus. */
export async function createLoyaltyTierService(ports: LoyaltyTierPorts): Promise<LoyaltyTierService> {
  const { bus, documents, deadLetters, directory, report, head, currency, failpoint } = ports;
  const workers = new LedgerWorkers();
  let ledger: ContributionLedger | undefined;
  const projection = contributionProjection({
    directory,
    documents,
    workers,
    failpoint,
    onFault: (reason) => report('fault', { projection: 'contribution', version: '', reason }),
    onLive: (live) => (ledger = live),
  });
  const contribution = await LiveProjection.open({
    projection,
    feed: busFeed(bus, 'loyalty-tier', topics, ports.firstAfter),
    deadLetters,
    report,
  });
  ledger = (contribution.live.content as LedgerVersion).ledger;
  contribution.start();
  const flushing = setInterval(() => {
    contribution.live.content.flush().catch((error: unknown) => {
      report('fault', { projection: 'contribution', version: contribution.live.content.version, reason: String(error) });
    });
  }, FLUSH_SECONDS * 1_000);
  flushing.unref();
  return {
    ledger: () => ledger as ContributionLedger,
    currency,
    projections: [contribution as unknown as LiveProjection],
    fresh: async () => contribution.fresh(await head()),
    reached: (position, withinMs) =>
      requireReached(async (ms) => {
        await contribution.fresh(position, ms);
        return (contribution.live.passed() ?? '') >= position;
      }, withinMs),
    async close() {
      clearInterval(flushing);
      await contribution.close();
      await workers.close();
    },
  };
}
