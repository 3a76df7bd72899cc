import { type DeadLetters, LOG_SOURCE, type LiveProjection } from '@regulars/engine';
import { registerScraped, type ScrapedGauge } from '@regulars/runtime';
import type { Registry } from 'prom-client';
import type { FollowedMessages, LogBehind, Operations } from './operations';

/** What a process's metrics are read from. */
export interface MeasuredParts {
  readonly operations: Operations;
  readonly projections: readonly LiveProjection[];
  readonly deadLetters: DeadLetters;
  readonly followed?: readonly FollowedMessages[] | undefined;
  readonly log?: LogBehind | undefined;
  /** What the services of the process count themselves. */
  readonly gauges: readonly ScrapedGauge[];
}

/** Publishes what the parts count in plain fields, at scrape. */
export function registerOperationsMetrics(
  registry: Registry,
  { operations, projections, deadLetters, followed = [], log, gauges }: MeasuredParts,
): void {
  const bytes = log?.bytes;
  const behind = async () => operations.projectionStatus(await log?.eventStore.head().catch(() => undefined));
  registerScraped(registry, [
    ...gauges,
    {
      name: 'regulars_projection_lag_seconds',
      help: 'How far a projection, or another consumer, is behind',
      labels: ['projection'],
      read: async () => {
        const others = followed.map((other) => ({ name: other.name, lagSeconds: other.lagSeconds() }));
        return [...(await behind()), ...others].flatMap(({ name, lagSeconds }) =>
          lagSeconds === null ? [] : [{ labels: { projection: name }, value: lagSeconds }],
        );
      },
    },
    ...(bytes
      ? [
          {
            name: 'regulars_projection_lag_bytes',
            help: 'Bytes of the event log that a projection has not taken in yet',
            labels: ['projection'],
            read: async () => (await behind()).map(({ name, lagBytes }) => ({ labels: { projection: name }, value: lagBytes ?? 0 })),
          },
          {
            name: 'regulars_projection_position_bytes',
            help: 'How far a projection has read the event log',
            labels: ['projection'],
            read: () =>
              projections.map(({ name, live }) => ({ labels: { projection: name }, value: bytes(live.status().cursor[LOG_SOURCE]) })),
          },
        ]
      : []),
    { name: 'regulars_dead_letters', help: 'Items parked for a person to look at', read: () => deadLetters.count() },
  ]);
}
