import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { ACCESS_TOKENS_TOPIC, INTAKE_TOPIC, PURCHASE_TOPIC, STORE_TOPIC } from '@regulars/contracts';
import { DeadLetters, type Following, type LiveProjection, Replays, startRelay } from '@regulars/engine';
import {
  ACCESS,
  type AccessContext,
  accessPublishes,
  type ComposedService,
  type Connected,
  ensureAdministrator,
  type LogBehind,
  type OperationsParts,
  type ServiceContext,
  TokenRegistry,
  TokensController,
} from '@regulars/hosting';
import type { DocumentStore, EventStore, RelayedBus } from '@regulars/ports';
import { componentLogger, connectMessaging, type ScrapedGauge } from '@regulars/runtime';
import { createPurchaseService } from './purchase';
import { PurchaseModule } from './purchase.module';
import { publishes } from './publishes';
import { purchaseFacts, purchaseGauges } from './status';

/** The topics the relay of this service writes to. */
export const RELAYED_TOPICS: readonly string[] = [PURCHASE_TOPIC, STORE_TOPIC, ACCESS_TOKENS_TOPIC];

/** The servers a purchase process stands on. */
export interface PurchaseConnections extends Readonly<Record<string, Connected>> {
  readonly bus: RelayedBus & Connected;
  readonly documents: DocumentStore & Connected;
  readonly eventStore: EventStore & Connected;
}

/** What differs with the event store behind the process. */
export interface PurchaseProcess {
  /** True where the event log is in this process: it is then the only one, and owns its data directory and its replays. */
  readonly alone: boolean;
  /** What to say of the log, and how positions measure it. */
  readonly logFacts?: () => Promise<Readonly<Record<string, unknown>>>;
  readonly logBytes?: LogBehind['bytes'];
  readonly logGauges?: readonly ScrapedGauge[];
  readonly failpoint?: ((name: string) => void) | undefined;
}

/** Puts a purchase process together: the service, its tokens, the relay to the bus, and the intake topic. */
export async function composePurchase(
  context: ServiceContext<PurchaseConnections>,
  { alone, logFacts, logBytes, logGauges = [], failpoint }: PurchaseProcess,
): Promise<ComposedService> {
  const { configuration, connections, clock, logger, shutdown, health, report } = context;
  const { bus, documents, eventStore } = connections;
  const chain = configuration.chain.id;
  const deadLetters = await DeadLetters.open(documents, clock);
  const registry = await openTokens(context, alone);

  const { claimWindowDays, futureToleranceMinutes } = configuration.intake;
  const ports = { chain, eventStore, documents, deadLetters, clock, claimWindowDays, report, failpoint };
  const purchase = await createPurchaseService({ ...ports, futureToleranceMs: futureToleranceMinutes * 60_000 });
  shutdown.add('projections', 'purchase', () => purchase.close());

  const relayLog = componentLogger(logger, 'relay');
  const relay = startRelay({
    name: `relay${configuration.kafka.topicSuffix}`,
    eventStore,
    bus,
    documents,
    clock,
    failpoint,
    publishers: [publishes, accessPublishes],
    topics: RELAYED_TOPICS,
    holder: `purchase-${randomUUID()}`,
    report: (event, facts) => relayLog[event === 'fault' ? 'error' : 'info']({ event, ...facts }, 'relay'),
  });
  shutdown.add('relay', 'relay', () => relay.close());
  health.register('relay', () =>
    relay.status().state === 'faulty' ? { ok: false, reason: 'it cannot carry events; see the log' } : { ok: true },
  );

  const replays = alone ? await openReplays(context, purchase.projections, logBytes, failpoint) : undefined;
  /** Empty until requests are answered. */
  const following: Following[] = [];
  const operations: Omit<OperationsParts, 'chain' | 'service' | 'version' | 'startedAt' | 'clock'> = {
    projections: purchase.projections,
    followed: [
      {
        name: INTAKE_TOPIC,
        lagSeconds: () => following[0]?.status().lagSeconds ?? null,
        redrive: ({ consumer, key }) => following.find(({ group }) => group === consumer)?.redrive(consumer, key),
      },
    ],
    deadLetters,
    replays,
    log: { eventStore, bytes: logBytes },
    facts: [
      ...(logFacts ? [logFacts] : []),
      () => purchaseFacts(purchase),
      async () => ({ relay: relay.status(), intakeTopic: following[0]?.status() ?? null }),
    ],
  };
  const access: AccessContext = { events: eventStore, registry, chain };
  return {
    modules: [PurchaseModule.with(purchase, { results: bus })],
    controllers: [TokensController],
    providers: [{ provide: ACCESS, useValue: access }],
    authenticator: registry,
    operations,
    gauges: [...purchaseGauges(purchase), ...logGauges, ...relayGauges(relay)],
    consume: async (app) => {
      const { deadlineSeconds: drainSecondsMax } = configuration.shutdown;
      const intake = { bus, group: 'purchase.intake', topics: [INTAKE_TOPIC], deadLetters, clock, drainSecondsMax };
      following.push(...(await connectMessaging(app, [intake], { logger, health })));
      for (const followed of following) shutdown.add('consuming', followed.group, () => followed.close());
    },
  };
}

async function openTokens(
  { configuration, connections, clock, shutdown, health }: ServiceContext<PurchaseConnections>,
  alone: boolean,
): Promise<TokenRegistry> {
  const { eventStore, documents } = connections;
  const registry = await TokenRegistry.open({ events: eventStore, documents });
  shutdown.add('projections', 'tokens', () => registry.close());
  health.register('tokens', registry.check);
  const { dataDir } = configuration;
  await ensureAdministrator({
    dataDir,
    context: { events: eventStore, registry, chain: configuration.chain.id },
    clock,
    causation: { correlationId: 'purchase-start' },
    place: alone ? undefined : `${hostname()}:${resolve(dataDir)}`,
  });
  return registry;
}

async function openReplays(
  { connections, clock, shutdown }: ServiceContext<PurchaseConnections>,
  projections: readonly LiveProjection[],
  measure: LogBehind['bytes'],
  failpoint: PurchaseProcess['failpoint'],
): Promise<Replays> {
  const { documents, eventStore } = connections;
  const head = () => eventStore.head();
  const replays = await Replays.open({ documents, projections, clock, newId: randomUUID, measure: measure ?? (() => 0), head, failpoint });
  shutdown.add('projections', 'replays', () => replays.close());
  return replays;
}

function relayGauges(relay: ReturnType<typeof startRelay>): readonly ScrapedGauge[] {
  return [
    {
      name: 'regulars_relay_leading',
      help: '1 in the process that carries events to the bus, else 0',
      read: () => (relay.status().state === 'leading' ? 1 : 0),
    },
    {
      name: 'regulars_relay_behind_seconds',
      help: 'Age of the oldest event known to wait for the bus; 0 where this process does not carry',
      read: () => relay.status().behind ?? 0,
    },
  ];
}
