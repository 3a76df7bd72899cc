import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DeadLetters } from '@regulars/engine';
import { BusTokens, type ComposedService, type Connected, type ServiceContext } from '@regulars/hosting';
import type { DocumentStore, EventBus } from '@regulars/ports';
import { componentLogger, type ScrapedGauge } from '@regulars/runtime';
import { LoyaltyTierModule } from './loyalty-tier.module';
import { createPartitionedLoyaltyTier, type PartitionedLoyaltyTier } from './partitioned-loyalty-tier';
import { instanceLagSeconds, loyaltyTierFacts, loyaltyTierGauges } from './status';

/** The servers a loyalty-tier process stands on. */
export interface LoyaltyTierConnections extends Readonly<Record<string, Connected>> {
  readonly bus: EventBus & Connected;
  readonly documents: DocumentStore & Connected;
}

/** What differs with the bus behind the process. */
export interface LoyaltyTierProcess {
  /** Every partition of the purchases' topic, as the bus names its sources. */
  readonly sources: readonly string[];
  readonly failpoint?: ((name: string) => void) | undefined;
}

/** Puts a loyalty-tier process together: an instance that shares the partitions with the others, behind the tokens of the bus. */
export async function composeLoyaltyTier(
  context: ServiceContext<LoyaltyTierConnections>,
  { sources, failpoint }: LoyaltyTierProcess,
): Promise<ComposedService> {
  const { configuration, connections, clock, shutdown, health, report } = context;
  const { bus, documents } = connections;
  const deadLetters = await DeadLetters.open(documents, clock);
  const instance = `tier-${randomUUID()}`;
  const tokens = await openTokens(context, instance);

  const tier = createPartitionedLoyaltyTier({
    bus,
    deadLetters,
    directory: join(configuration.dataDir, 'ledger'),
    instance,
    sources,
    chain: configuration.chain.id,
    report,
    clock,
    newId: randomUUID,
    currency: configuration.chain.currency,
    failpoint,
  });
  shutdown.add('projections', 'contribution', () => tier.close());
  health.register('partitions', () => {
    const faulty = Object.keys(tier.status().faults);
    return faulty.length === 0 ? { ok: true } : { ok: false, reason: `${faulty.join(', ')} cannot be followed; see the log` };
  });

  const stats = () => tier.ledger().stats();
  return {
    modules: [LoyaltyTierModule.with(tier)],
    authenticator: tokens,
    operations: {
      projections: [],
      followed: [
        { name: 'contribution', lagSeconds: () => instanceLagSeconds(tier.status(), clock.now()), redrive: ({ id }) => tier.redrive(id) },
      ],
      deadLetters,
      facts: [() => loyaltyTierFacts(stats), async () => ({ instance: tier.status() })],
    },
    gauges: [...loyaltyTierGauges(stats), ...partitionGauges(tier)],
  };
}

async function openTokens(
  { connections, health, shutdown, logger, waitsFor, stopping }: ServiceContext<LoyaltyTierConnections>,
  instance: string,
) {
  const log = componentLogger(logger, 'tokens');
  waitsFor('tokens', 'not all are known yet');
  const tokens = await BusTokens.open({
    bus: connections.bus,
    group: `loyalty-tier.tokens.${instance}`,
    report: (reason) => log.warn({ reason }, 'tokens'),
    stopping,
  });
  waitsFor('tokens', undefined);
  shutdown.add('consuming', 'tokens', () => tokens.close());
  health.register('tokens', tokens.check);
  return tokens;
}

function partitionGauges(tier: PartitionedLoyaltyTier): readonly ScrapedGauge[] {
  return [
    {
      name: 'regulars_partition_lag_seconds',
      help: 'How far the ledger of a partition owned here is behind',
      labels: ['source'],
      read: () =>
        tier.status().partitions.flatMap(({ source, lagSeconds: lag }) => (lag === null ? [] : [{ labels: { source }, value: lag }])),
    },
    { name: 'regulars_partitions_owned', help: 'Partitions this instance owns now', read: () => tier.status().partitions.length },
  ];
}
