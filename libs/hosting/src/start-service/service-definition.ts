import type { DynamicModule, INestApplication, Provider, Type } from '@nestjs/common';
import type { Report } from '@regulars/engine';
import type { Clock } from '@regulars/kernel';
import type { Authenticator, CheckResult, Configuration, HealthChecks, Logger, ScrapedGauge } from '@regulars/runtime';
import type { OperationsParts } from '../operations/operations';
import type { Pace } from './keep-trying';
import type { ShutdownPhases } from './shutdown-phases';

/** An open connection to a server, or a store in this process. */
export interface Connected {
  close(): Promise<void>;
  /** Whether it can be used now; the reason is public. */
  check?(): CheckResult | Promise<CheckResult>;
}

/** A server that a service needs. */
export interface Connection<C extends Connected = Connected> {
  /** For people: `Kafka`. */
  readonly name: string;
  /** Tries once, within bounds of its own. Rejects with a clear error; it is then tried again. */
  open(): Promise<C>;
  /** What to tell the public about a failed attempt; default: that it cannot be reached, or refuses, yet. */
  reason?(error: unknown): string | undefined;
  /** Whether no further attempt can mend a fault, besides damage and bad configuration: settings that its client refuses. */
  isFinal?(error: unknown): boolean;
}

/** Everything a service's composition gets handed. */
export interface ServiceContext<Connections> {
  readonly name: string;
  readonly version: string;
  readonly configuration: Configuration;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The open connections, by the names they were declared under. */
  readonly connections: Connections;
  /** For projections and the like: writes to the log. */
  readonly report: Report;
  /** Checks of what is composed; those of the connections are in already. */
  readonly health: HealthChecks;
  /** How what is opened here is closed again; connections close by themselves. */
  readonly shutdown: ShutdownPhases;
  /** Names what the composition waits for just now, for the waiting room; undefined when it does no longer. */
  readonly waitsFor: (name: string, state: string | undefined) => void;
  /** Aborted when the process is to end while it still waits. */
  readonly stopping: AbortSignal;
}

/** A composed service, ready to be put behind HTTP. */
export interface ComposedService {
  readonly modules?: readonly (Type | DynamicModule)[];
  readonly controllers?: readonly Type[];
  readonly providers?: readonly Provider[];
  readonly authenticator: Authenticator;
  /** What operations see and act on. */
  readonly operations: Omit<OperationsParts, 'chain' | 'service' | 'version' | 'startedAt' | 'clock'>;
  /** What the service counts. */
  readonly gauges: readonly ScrapedGauge[];
  /** Begins to consume, once requests are answered: message handlers of the Nest application. */
  readonly consume?: (app: INestApplication) => Promise<void>;
}

/** A service as a process of its own. */
export interface ServiceDefinition<Connections extends Readonly<Record<string, Connected>>> {
  /** `purchase`. */
  readonly name: string;
  readonly version: string;
  readonly configuration: Configuration;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly connections: { readonly [Name in keyof Connections]: Connection<Connections[Name]> };
  /**
   * Puts the service together over its connections. Where it fails, what it opened is closed and it is tried again, unless `isFinal`
   * says that no further attempt can mend it.
   */
  readonly compose: (context: ServiceContext<Connections>) => Promise<ComposedService>;
  /** Default: damage and bad configuration, by the names of their errors. */
  readonly isFinal?: (error: unknown) => boolean;
  readonly pace?: Partial<Pace>;
}
