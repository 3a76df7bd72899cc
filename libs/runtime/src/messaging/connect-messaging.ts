import { type ArgumentsHost, Catch, type ExceptionFilter, type INestApplication } from '@nestjs/common';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { type IntegrationEvent, integrationEvents } from '@regulars/contracts';
import type { Following, FollowMessagesOptions } from '@regulars/engine';
import { type Observable, throwError } from 'rxjs';
import { systemClock } from '../clock/system-clock';
import type { HealthChecks } from '../health/health-checks';
import { componentLogger, type Logger } from '../logging/logger';
import { EngineTransport } from './engine-transport';
import { MessageContracts } from './message-contracts';

/** What one group of messages takes; the options of `followMessages` that have a default may be given as well. */
export interface MessagingOptions extends Omit<FollowMessagesOptions, 'handle' | 'refuse' | 'isPoison' | 'report' | 'clock' | 'random'> {
  /** The machine's clock, unless given; for the lag only. */
  readonly clock?: FollowMessagesOptions['clock'];
  /** `Math.random`, unless given; for the jitter of delays. */
  readonly random?: FollowMessagesOptions['random'];
  /** Contracts by which data are checked; default all of the platform. */
  readonly contracts?: readonly IntegrationEvent[];
}

/** Hands errors to the transport as they are; Nest would make all of them one. */
@Catch()
class ErrorsAsTheyAre implements ExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * Connects an application to messages: the `@EventPattern` methods of its controllers get those of the topics, in a group. Resolves when
 * the following has begun. A health check `messages <group>` fails while it cannot go on. Close the followings before anything the methods use.
 */
export async function connectMessaging(
  app: INestApplication,
  groups: readonly MessagingOptions[],
  { logger, health }: { readonly logger: Logger; readonly health: HealthChecks },
): Promise<readonly Following[]> {
  const log = componentLogger(logger, 'messages');
  const transports = groups.map(({ contracts = integrationEvents, ...options }) => {
    const transport = new EngineTransport({
      clock: systemClock,
      random: Math.random,
      ...options,
      contracts: new MessageContracts(contracts),
      report: (event, facts) => log.error({ event, ...facts }, TEXT[event]),
    });
    const microservice = app.connectMicroservice<MicroserviceOptions>({ strategy: transport }, { deferInitialization: true });
    microservice.useGlobalFilters(new ErrorsAsTheyAre());
    // The application has called the hooks of its providers, which the two share.
    (microservice as unknown as { setIsInitHookCalled(called: boolean): void }).setIsInitHookCalled(true);
    return transport;
  });
  await app.startAllMicroservices();
  for (const { following } of transports) registerHealth(health, following);
  return transports.map(({ following }) => following);
}

const TEXT = {
  parked: 'a message was parked',
  fault: 'messages cannot be handled for now',
  late: 'messages were left at the deadline',
} as const;

function registerHealth(health: HealthChecks, following: Following): void {
  health.register(`messages ${following.group}`, () =>
    following.status().fault === undefined ? { ok: true } : { ok: false, reason: 'messages cannot be handled; see the log' },
  );
}
