import type { EventToAppend, StoredEvent } from '@regulars/kernel';
import { jsonOf, recordedAtMsOf, revisionOf, streamIdOf, toPosition } from './record-format';

/** The JSON a record keeps: everything the writer gave. Throws TypeError on what JSON cannot carry. */
export function toJson(event: EventToAppend): string {
  const { id, type, occurredAt, correlationId, causationId, traceparent, chain, store, data } = event;
  return JSON.stringify({ id, type, occurredAt, correlationId, causationId, traceparent, chain, store, data });
}

let isoOfMs = Number.NaN;
let iso = '';

/** ISO 8601 of milliseconds; neighbours in a log mostly share theirs, so the last is kept. */
export function isoTime(ms: number): string {
  if (ms !== isoOfMs) {
    iso = new Date(ms).toISOString();
    isoOfMs = ms;
  }
  return iso;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The event in the record of `bytes` at `at`, whose offset in the log is `position`. */
export function decodeEvent(buffer: Buffer, at: number, bytes: number, position: number): StoredEvent {
  // The members parsed are the ones `toJson` wrote; filling in the rest spares a copy of each event.
  const event = JSON.parse(jsonOf(buffer, at, bytes)) as Writable<StoredEvent>;
  event.streamId = streamIdOf(buffer, at);
  event.revision = revisionOf(buffer, at);
  event.position = toPosition(position);
  event.recordedAt = isoTime(recordedAtMsOf(buffer, at));
  return event;
}

/** The same event as it will be read, made from what the writer gave: for subscribers that are up to date. */
export function storedEvent(event: EventToAppend, streamId: string, revision: number, position: number, recordedAtMs: number): StoredEvent {
  const { id, type, occurredAt, correlationId, causationId, traceparent, chain, store, data } = event;
  const stored: Writable<StoredEvent> = {
    id,
    type,
    occurredAt,
    correlationId,
    chain,
    data,
    streamId,
    revision,
    position: toPosition(position),
    recordedAt: isoTime(recordedAtMs),
  };
  if (causationId !== undefined) stored.causationId = causationId;
  if (traceparent !== undefined) stored.traceparent = traceparent;
  if (store !== undefined) stored.store = store;
  return stored;
}
