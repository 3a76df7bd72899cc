import { setTimeout as delay } from 'node:timers/promises';
import type { Report } from '@regulars/engine';
import { componentLogger, createHttpServer, createRegistry, HealthChecks, type HttpServer, type Logger } from '@regulars/runtime';
import { registerOperationsMetrics } from '../operations/metrics';
import { Operations } from '../operations/operations';
import { OPERATIONS, OperationsController } from '../operations/operations.controller';
import { registerProjection } from '../operations/projection-check';
import { type Attempts, keepTrying, type Pace, StoppedWaiting } from './keep-trying';
import type { ComposedService, Connected, Connection, ServiceDefinition } from './service-definition';
import { shutdownEnd, ShutdownPhases } from './shutdown-phases';
import { isFinalFault, publicReason, WaitedFor } from './waited-for';
import { openWaitingRoom, type WaitingRoom } from './waiting-room';
import { withoutSecrets } from './without-secrets';

/** A service that runs, or waits for what it needs. */
export interface RunningService {
  readonly url: string;
  /** Resolves when the service answers for itself; rejects with a fault that waiting cannot mend, with everything closed. */
  readonly started: Promise<void>;
  /**
   * Stops in order, at any moment: no new requests, those under way finish, consumers, projections, relay, stores. Safe to call twice.
   */
  close(): Promise<void>;
}

const PACE: Pace = { attemptMsMax: 30_000, pauseMsMin: 500, pauseMsMax: 15_000 };
/** Another process may take the port in the moment between the waiting room and the service; it is tried so often. */
const LISTEN_ATTEMPTS_MAX = 20;
const LISTEN_PAUSE_MS = 50;

/**
 * Starts a service whose servers may come up in any order, or later: it listens at once, says what it waits for, and takes requests when
 * everything is there. Resolves when it listens; rejects where the port is taken. Installs no signal handlers.
 */
export async function startService<Connections extends Readonly<Record<string, Connected>>>(
  definition: ServiceDefinition<Connections>,
): Promise<RunningService> {
  const logger = componentLogger(definition.logger, 'service');
  const waited = new WaitedFor(logger, (text) => withoutSecrets(text, definition.configuration));
  for (const { name } of Object.values<Connection>(definition.connections)) waited.set(name, 'not asked yet');
  const room = await openWaitingRoom(definition.configuration.http, () => waited.list());
  logger.info({ service: definition.name, version: definition.version, port: room.port }, 'service waits for what it needs');
  const start = new ServiceStart(definition, waited, room);
  const started = start.run();
  // Whoever only closes it must not crash over what it did not ask for.
  started.catch(() => undefined);
  return { url: room.url, started, close: () => start.close() };
}

/** A service that was put together and does not take requests yet. */
interface Composition {
  readonly server: HttpServer;
  readonly composed: ComposedService;
  readonly shutdown: ShutdownPhases;
}

class ServiceStart<Connections extends Readonly<Record<string, Connected>>> {
  private readonly abort = new AbortController();
  private readonly connected = new ShutdownPhases();
  private readonly startedAt: string;
  private readonly logger;
  private readonly pace: Pace;
  private composition: Composition | undefined;
  private started: Promise<void> = Promise.resolve();
  private closing: Promise<void> | undefined;

  constructor(
    private readonly definition: ServiceDefinition<Connections>,
    private readonly waited: WaitedFor,
    private readonly room: WaitingRoom,
  ) {
    this.logger = componentLogger(definition.logger, 'service');
    this.pace = { ...PACE, ...definition.pace };
    this.startedAt = new Date(definition.clock.now()).toISOString();
  }

  run(): Promise<void> {
    return (this.started = this.start());
  }

  close(): Promise<void> {
    this.abort.abort();
    return (this.closing ??= this.started.catch(() => undefined).then(() => this.stop()));
  }

  private async start(): Promise<void> {
    try {
      const connections = await this.connectAll();
      this.composition = await this.tryOn('start', {
        attempt: () => this.compose(connections),
        discard: ({ shutdown }) => this.end(shutdown),
        pace: { ...this.pace, attemptMsMax: undefined },
      });
      await this.takeOver(this.composition);
    } catch (error) {
      if (!(error instanceof StoppedWaiting)) {
        const cause = withoutSecrets(error instanceof Error ? error.message : String(error), this.definition.configuration);
        this.logger.fatal({ service: this.definition.name, cause }, 'the service cannot start');
      }
      await this.stop();
      throw error;
    }
  }

  private async connectAll(): Promise<Connections> {
    const entries = Object.entries<Connection>(this.definition.connections);
    const outcomes = await Promise.allSettled(entries.map(([, connection]) => this.connect(connection)));
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    // One fault that no waiting mends stops the waiting for the others: it is the one to tell.
    if (reasons.length > 0) throw reasons.find((reason) => !(reason instanceof StoppedWaiting)) ?? reasons[0];
    const opened = outcomes.map((outcome) => (outcome as PromiseFulfilledResult<Connected>).value);
    return Object.fromEntries(entries.map(([name], place) => [name, opened[place]])) as unknown as Connections;
  }

  private async connect(connection: Connection): Promise<Connected> {
    const { name } = connection;
    const connected = await this.tryOn(name, {
      attempt: () => connection.open(),
      discard: (late) => late.close(),
      reason: (error) => connection.reason?.(error),
      isFinal: (error) => connection.isFinal?.(error) ?? false,
      pace: this.pace,
    });
    this.connected.add('stores', name, () => connected.close());
    this.logger.info({ connected: name }, 'connected');
    return connected;
  }

  /** Tries until it succeeds; meanwhile the waiting room says what is tried. */
  private async tryOn<T>(
    name: string,
    what: Pick<Attempts<T>, 'attempt' | 'discard' | 'pace'> & Pick<Connection, 'reason' | 'isFinal'>,
  ): Promise<T> {
    const isFinal = (error: unknown): boolean => {
      if (!(this.definition.isFinal ?? isFinalFault)(error) && !what.isFinal?.(error)) return false;
      this.abort.abort();
      return true;
    };
    const failed = (error: unknown, attempts: number, pauseMs: number) =>
      this.waited.failed(name, error, what.reason?.(error) ?? publicReason(error), attempts, pauseMs);
    const result = await keepTrying({ ...what, isFinal, failed, signal: this.abort.signal });
    this.waited.set(name, undefined);
    return result;
  }

  private async compose(connections: Connections): Promise<Composition> {
    const { name, version, configuration, logger, clock } = this.definition;
    const shutdown = new ShutdownPhases();
    const health = this.checksOf(connections);
    const waitsFor = (what: string, state: string | undefined) => this.waited.set(what, state);
    const report = reportTo(logger);
    const stopping = this.abort.signal;
    try {
      const context = { name, version, configuration, logger, clock, connections, report, health, shutdown, waitsFor, stopping };
      const composed = await this.definition.compose(context);
      for (const projection of composed.operations.projections) registerProjection(health, projection);
      const server = await this.createServer(composed, health);
      shutdown.add('requests', 'requests', () => server.close());
      return { server, composed, shutdown };
    } catch (error) {
      await this.end(shutdown);
      throw error;
    }
  }

  private createServer(composed: ComposedService, health: HealthChecks): Promise<HttpServer> {
    const { name: service, version, configuration, logger, clock } = this.definition;
    const { startedAt } = this;
    const operations = new Operations({ ...composed.operations, chain: configuration.chain.id, service, version, startedAt, clock });
    const registry = createRegistry();
    registerOperationsMetrics(registry, { ...composed.operations, operations, gauges: composed.gauges });
    return createHttpServer({
      modules: composed.modules,
      controllers: [...(composed.controllers ?? []), OperationsController],
      providers: [...(composed.providers ?? []), { provide: OPERATIONS, useValue: operations }],
      configuration: { ...configuration, http: { ...configuration.http, port: this.room.port } },
      authenticator: composed.authenticator,
      logger,
      registry,
      health,
      clock,
      version,
    });
  }

  private checksOf(connections: Connections): HealthChecks {
    const health = new HealthChecks();
    for (const [key, connection] of Object.entries<Connected>(connections)) {
      const { name } = this.definition.connections[key] as Connection;
      if (connection.check) health.register(name, () => connection.check?.() ?? { ok: true });
    }
    return health;
  }

  private async takeOver({ server, composed }: Composition): Promise<void> {
    const { name, version } = this.definition;
    await this.room.close();
    await listen(server);
    await composed.consume?.(server.app);
    this.logger.info({ service: name, version, port: this.room.port }, 'service is ready for requests');
  }

  /** What was composed first, then the connections it stands on. */
  private async stop(): Promise<void> {
    await this.room.close();
    const endsAt = shutdownEnd(this.definition.configuration.shutdown.deadlineSeconds);
    if (this.composition) await this.end(this.composition.shutdown, endsAt);
    await this.end(this.connected, endsAt);
    this.logger.info({ service: this.definition.name }, 'service has stopped');
  }

  private end(shutdown: ShutdownPhases, endsAt?: number): Promise<void> {
    return shutdown.run(this.logger, this.definition.configuration.shutdown.deadlineSeconds, endsAt);
  }
}

async function listen(server: HttpServer): Promise<void> {
  for (let attempts = 1; ; attempts++) {
    try {
      await server.listen();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || attempts === LISTEN_ATTEMPTS_MAX) throw error;
      await delay(LISTEN_PAUSE_MS);
    }
  }
}

function reportTo(logger: Logger): Report {
  const log = componentLogger(logger, 'projections');
  return (event, facts) => log.error({ event, ...facts }, event === 'parked' ? 'an item was parked' : 'a projection has a fault');
}
