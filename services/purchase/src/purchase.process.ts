import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { ACCESS_TOKENS_TOPIC, INTAKE_TOPIC, PURCHASE_TOPIC, STORE_TOPIC } from '@regulars/contracts';
import { DeadLetters, type Following, type LiveProjection, Replays, type Relay, startRelay } from '@regulars/engine';
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
  /** By `bus` and its suffix: the bus of each further set of topics that is filled, as `kafka.alsoRelayTo` says. */
  readonly [bus: `bus${string}`]: RelayedBus & Connected;
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

  const { relay, alsoRelays } = startRelays(context, failpoint);
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
      async () => ({
        relay: relay.status(),
        ...(alsoRelays.size > 0
          ? { alsoRelays: Object.fromEntries([...alsoRelays].map(([suffix, also]) => [suffix, also.status()])) }
          : {}),
        intakeTopic: following[0]?.status() ?? null,
      }),
    ],
  };
  const access: AccessContext = { events: eventStore, registry, chain };
  return {
    modules: [PurchaseModule.with(purchase, { results: bus })],
    controllers: [TokensController],
    providers: [{ provide: ACCESS, useValue: access }],
    authenticator: registry,
    operations,
    gauges: [...purchaseGauges(purchase), ...logGauges, ...relayGauges(relay, alsoRelays)],
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

/** The suffixes of the further sets of topics that are filled. */
export const furtherSuffixes = ({ kafka }: ServiceContext<PurchaseConnections>['configuration']): readonly string[] =>
  kafka.alsoRelayTo === '' ? [] : kafka.alsoRelayTo.split(',');

interface Relays {
  /** To the topics that this process itself uses. */
  readonly relay: Relay;
  /** To further sets, by their suffix. */
  readonly alsoRelays: ReadonlyMap<string, Relay>;
}

/** One relay for each set of topics: each has a lease, and so an owner and a checkpoint, of its own. */
function startRelays(context: ServiceContext<PurchaseConnections>, failpoint: PurchaseProcess['failpoint']): Relays {
  const { configuration, connections, clock, logger, shutdown, health } = context;
  const { documents, eventStore } = connections;
  const log = componentLogger(logger, 'relay');
  const start = (topicSuffix: string, bus: RelayedBus): Relay => {
    const name = `relay${topicSuffix}`;
    const relay = startRelay({
      name,
      eventStore,
      bus,
      documents,
      clock,
      failpoint,
      publishers: [publishes, accessPublishes],
      topics: RELAYED_TOPICS,
      holder: `purchase-${randomUUID()}`,
      report: (event, facts) => log[event === 'fault' ? 'error' : 'info']({ event, ...facts }, 'relay'),
    });
    shutdown.add('relay', name, () => relay.close());
    return relay;
  };
  const relay = start(configuration.kafka.topicSuffix, connections.bus);
  health.register('relay', () =>
    relay.status().state === 'faulty' ? { ok: false, reason: 'it cannot carry events; see the log' } : { ok: true },
  );
  // A further set is of no use to anybody yet: that it cannot be filled is in status and metrics, and keeps no till waiting.
  const alsoRelays = new Map(
    furtherSuffixes(configuration).map((suffix) => [suffix, start(suffix, connections[`bus${suffix}`] as RelayedBus)]),
  );
  return { relay, alsoRelays };
}

function relayGauges(relay: Relay, alsoRelays: Relays['alsoRelays']): readonly ScrapedGauge[] {
  const each = (value: (relay: Relay) => number) => () =>
    [['', relay] as const, ...alsoRelays].map(([topics, one]) => ({ labels: { topics }, value: value(one) }));
  return [
    {
      name: 'regulars_relay_leading',
      help: '1 in the process that carries events to the bus, else 0; by the suffix of the topics where further sets are filled',
      labels: ['topics'],
      read: each((one) => (one.status().state === 'leading' ? 1 : 0)),
    },
    {
      name: 'regulars_relay_behind_seconds',
      help: 'Age of the oldest event known to wait for the bus; 0 where this process does not carry',
      labels: ['topics'],
      read: each((one) => one.status().behind ?? 0),
    },
  ];
}
