import type { Position } from '@regulars/kernel';
import type { EventStore } from '@regulars/ports';
import type { ScrapedGauge } from '@regulars/runtime';

/** An event log in this process that knows its own size; its positions are offsets in bytes. */
export interface EmbeddedLog extends Pick<EventStore, 'head'> {
  stats(): { readonly bytes: number; readonly segments: number; readonly streams: number };
  /** What was found and done about an unfinished write when it was opened. */
  readonly recovery: object;
}

/** How far into the embedded log a position lies, in bytes: its positions are offsets. For progress and lag only. */
export function logBytes(position: Position | undefined): number {
  return position === undefined ? 0 : Number(position);
}

/** Facts of an embedded log for the status of its process. */
export async function embeddedLogFacts(log: EmbeddedLog) {
  const { bytes, segments, streams } = log.stats();
  return { eventLog: { head: (await log.head()) ?? null, bytes, segments, streams, recovered: log.recovery } };
}

/** What an embedded log counts. */
export function embeddedLogGauges(log: EmbeddedLog): readonly ScrapedGauge[] {
  return [
    { name: 'regulars_event_log_bytes', help: 'Durable bytes of the event log', read: () => log.stats().bytes },
    { name: 'regulars_event_log_streams', help: 'Streams in the event log', read: () => log.stats().streams },
  ];
}
