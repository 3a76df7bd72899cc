import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EventLog, openEventLog, openReadModels } from '@regulars/adapter-embedded';
import {
  ACCESS,
  type AccessContext,
  embeddedLogFacts,
  embeddedLogGauges,
  ensureAdministrator,
  logBytes,
  Operations,
  OPERATIONS,
  OperationsController,
  registerOperationsMetrics,
  registerProjection,
  TokenRegistry,
  TokensController,
} from '@regulars/hosting';
import type { Clock } from '@regulars/kernel';
import { loyaltyTierFacts, loyaltyTierGauges, LoyaltyTierModule, type LoyaltyTierService } from '@regulars/loyalty-tier';
import { purchaseFacts, purchaseGauges, PurchaseModule, type PurchaseService } from '@regulars/purchase';
import {
  type Configuration,
  type ConfigurationInput,
  createHttpServer,
  createLogger,
  createRegistry,
  HealthChecks,
  loadConfiguration,
  type Logger,
  shutdownOrder,
  systemClock,
} from '@regulars/runtime';
import { openServices } from './open-services';
import { PLATFORM_VERSION } from './version';

/** How to start the platform in this process. */
export interface PlatformOptions {
  readonly dataDir: string;
  /** 0 takes a free one; default from the configuration (7171). */
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  /** Further settings, over file and environment. */
  readonly configuration?: ConfigurationInput | undefined;
  /** Settings file; default `regulars.yaml` in the data directory. */
  readonly configurationFile?: string | undefined;
  /** Default: the process's own. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Logs errors only. */
  readonly quiet?: boolean | undefined;
  readonly logger?: Logger | undefined;
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /** Told the names of the moments at which tests kill the process. */
  readonly failpoint?: ((name: string) => void) | undefined;
}

/** A platform that runs. */
export interface Platform {
  readonly url: string;
  readonly adminToken: string;
  readonly configuration: Configuration;
  readonly purchase: PurchaseService;
  readonly loyaltyTier: LoyaltyTierService;
  readonly eventLog: EventLog;
  /** Stops in order: no new requests, those under way finish, projections, stores. Safe to call twice. */
  close(): Promise<void>;
}

/** Name of the file in the data directory that says where a running platform answers. */
export const PLATFORM_FILE = 'platform.json';

/**
 * Starts all services on one runtime over embedded stores. Rejects with `ConfigurationError`, `DirectoryLocked`, `LogDamaged` or
 * `ReadModelsDamaged`, each saying what to do. Installs no signal handlers.
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { dataDir, clock = systemClock, failpoint } = options;
  const configuration = loadConfiguration({
    environment: options.environment ?? process.env,
    file: options.configurationFile,
    ignoredVariables: ['REGULARS_FAILPOINT', 'REGULARS_SHARED_DATA'],
    overrides: withOverrides(options),
  });
  const logger = options.logger ?? createLogger({ level: configuration.logging.level, quiet: options.quiet });
  // The files hold what people bought: nobody else on the machine may read them.
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const startedAt = new Date(clock.now()).toISOString();
  const closers: { name: string; run: () => Promise<void> | void }[] = [];
  const closeAll = shutdownOrderOf(closers, configuration, logger);
  try {
    const eventLog = await openEventLog({ directory: join(dataDir, 'event-log'), clock, failpoint });
    closers.unshift({ name: 'event log', run: () => eventLog.close() });
    reportRecovery(eventLog, logger);
    const documents = await openReadModels({ file: join(dataDir, 'read-models.db'), failpoint });
    closers.unshift({ name: 'read models', run: () => documents.close() });

    const services = await openServices({ configuration, dataDir, clock, eventLog, documents, logger, failpoint });
    closers.unshift({ name: 'services', run: () => services.close() });
    const { purchase, loyaltyTier, projections, deadLetters, replays } = services;

    const registry = await TokenRegistry.open({ events: eventLog, documents });
    closers.unshift({ name: 'access', run: () => registry.close() });
    const access: AccessContext = { events: eventLog, registry, chain: configuration.chain.id };
    const adminToken = await ensureAdministrator({ dataDir, context: access, clock, causation: { correlationId: 'platform-start' } });

    const ledger = () => loyaltyTier.ledger().stats();
    const log = { eventStore: eventLog, bytes: logBytes };
    const operations = new Operations({
      chain: configuration.chain.id,
      version: PLATFORM_VERSION,
      startedAt,
      clock,
      projections,
      deadLetters,
      replays,
      log,
      facts: [() => embeddedLogFacts(eventLog), () => purchaseFacts(purchase), () => loyaltyTierFacts(ledger)],
    });
    const metrics = createRegistry();
    const gauges = [...purchaseGauges(purchase), ...embeddedLogGauges(eventLog), ...loyaltyTierGauges(ledger)];
    registerOperationsMetrics(metrics, { operations, projections, deadLetters, log, gauges });
    const health = new HealthChecks();
    health.register('tokens', registry.check);
    for (const projection of projections) registerProjection(health, projection);

    const server = await createHttpServer({
      modules: [PurchaseModule.with(purchase), LoyaltyTierModule.with(loyaltyTier)],
      controllers: [TokensController, OperationsController],
      providers: [
        { provide: ACCESS, useValue: access },
        { provide: OPERATIONS, useValue: operations },
      ],
      configuration,
      authenticator: registry,
      logger,
      registry: metrics,
      health,
      clock,
      version: PLATFORM_VERSION,
    });
    closers.unshift({ name: 'requests', run: () => server.close() });
    const url = await server.listen();
    const file = join(dataDir, PLATFORM_FILE);
    await writeFile(file, `${JSON.stringify({ url, pid: process.pid, startedAt })}\n`);
    closers.unshift({ name: 'address file', run: () => rm(file, { force: true }) });
    logger.info({ port: Number(new URL(url).port), version: PLATFORM_VERSION }, 'platform is ready');
    return { url, adminToken, configuration, purchase, loyaltyTier, eventLog, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function withOverrides({ dataDir, host, port, configuration }: PlatformOptions): ConfigurationInput {
  return {
    ...configuration,
    dataDir,
    http: { ...configuration?.http, ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) },
  };
}

function reportRecovery(eventLog: EventLog, logger: Logger): void {
  const { cutBytes, atPosition, keptIn, snapshotIgnored } = eventLog.recovery;
  if (cutBytes > 0)
    logger.warn({ cutBytes, atPosition, keptIn }, 'an unfinished write at the end of the event log was cut off and kept aside');
  if (snapshotIgnored) logger.warn({ reason: snapshotIgnored }, 'the snapshot of the stream heads was not used');
}

/** Steps are added in front while the platform starts, so that it stops in the reverse order. */
function shutdownOrderOf(closers: { name: string; run: () => Promise<void> | void }[], configuration: Configuration, logger: Logger) {
  const deadlineSeconds = configuration.shutdown.deadlineSeconds + 5;
  let closing: Promise<void> | undefined;
  return () =>
    (closing ??= shutdownOrder(
      closers.map((step) => ({ ...step, deadlineSeconds })),
      logger,
    )().then(() => undefined));
}
