import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type EventLog, openLogBus } from '@regulars/adapter-embedded';
import { DeadLetters, firstRecordedAfter, type LiveProjection, Replays, type Report } from '@regulars/engine';
import { logBytes } from '@regulars/hosting';
import type { Clock } from '@regulars/kernel';
import { createLoyaltyTierService } from '@regulars/loyalty-tier';
import type { DocumentStore } from '@regulars/ports';
import { createPurchaseService, purchasePublishes } from '@regulars/purchase';
import { componentLogger, type Configuration, type Logger } from '@regulars/runtime';

/** What the services of the platform stand on. */
export interface ServicesOptions {
  readonly configuration: Configuration;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly eventLog: EventLog;
  readonly documents: DocumentStore;
  readonly logger: Logger;
  readonly failpoint?: ((name: string) => void) | undefined;
}

/** The services over their ports, with what operations need of them. */
export async function openServices({ configuration, dataDir, clock, eventLog, documents, logger, failpoint }: ServicesOptions) {
  const chain = configuration.chain.id;
  const log = componentLogger(logger, 'projections');
  const report: Report = (event, facts) =>
    log.error({ event, ...facts }, event === 'parked' ? 'an item was parked' : 'a projection has a fault');
  const deadLetters = await DeadLetters.open(documents, clock);
  const { claimWindowDays, futureToleranceMinutes } = configuration.intake;
  const purchase = await createPurchaseService({
    chain,
    eventStore: eventLog,
    documents,
    deadLetters,
    clock,
    claimWindowDays,
    futureToleranceMs: futureToleranceMinutes * 60_000,
    report,
    failpoint,
  });
  const head = () => eventLog.head();
  const loyaltyTier = await createLoyaltyTierService({
    bus: openLogBus({ eventStore: eventLog, publishers: [purchasePublishes], chain }),
    documents,
    deadLetters,
    directory: join(dataDir, 'ledger'),
    report,
    head,
    firstAfter: firstRecordedAfter(eventLog),
    currency: () => purchase.stores.list()[0]?.currency ?? configuration.chain.currency,
    failpoint,
  });
  const projections: readonly LiveProjection[] = [...purchase.projections, ...loyaltyTier.projections];
  const replays = await Replays.open({ documents, projections, clock, newId: randomUUID, measure: logBytes, head, failpoint });
  return {
    purchase,
    loyaltyTier,
    projections,
    deadLetters,
    replays,
    async close() {
      await replays.close();
      await purchase.close();
      await loyaltyTier.close();
    },
  };
}
