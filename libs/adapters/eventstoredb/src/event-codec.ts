import { type EventToAppend, naturalId, type StoredEvent } from '@regulars/kernel';
import type { AllStreamResolvedEvent, ResolvedEvent } from '@eventstore/db-client';
import { isKnown, toPosition } from './positions';
import type { StreamNames } from './stream-names';

/** The only form in which ids of the port are ids on the server too: what the server prints is what we gave. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NIL_UUID = '00000000-0000-0000-0000-000000000000';

/**
 * What is stored in an event's metadata. `$correlationId` and `$causationId` are the server's own convention: its
 * `$by_correlation_id` projection reads them.
 */
interface Metadata {
  readonly $correlationId: string;
  readonly $causationId?: string | undefined;
  readonly occurredAt: string;
  readonly chain: string;
  readonly store?: string | undefined;
  readonly traceparent?: string | undefined;
  /** The event's id where it is not the server's id. */
  readonly eventId?: string | undefined;
  /** One for each call that appends: tells its own events from the same events written by somebody else. */
  readonly appendId: string;
}

/** An event as it is sent. */
export interface EncodedEvent {
  /** The UUID by which the server knows it. */
  readonly serverId: string;
  readonly type: string;
  readonly data: Buffer;
  readonly metadata: Buffer;
  /** What the server counts of an append's size limit, in bytes. */
  readonly bytes: number;
}

/** An event as it was stored, and by which call. */
export interface DecodedEvent {
  readonly event: StoredEvent;
  readonly appendId: string;
}

/** What the client hands over for an event of a stream or of `$all`. */
export type Received = ResolvedEvent | AllStreamResolvedEvent;

/** An event in this store's streams that this adapter did not write, or a server that is too old for it. */
export class UnreadableEvent extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnreadableEvent';
  }
}

/** An id as the server wants it: UUIDs stay, anything else becomes the UUIDv5 of its text. */
export function serverIdOf(id: string): string {
  return UUID.test(id) && id !== NIL_UUID ? id : naturalId('eventstoredb-event', id);
}

/** Makes an event ready to be sent. Throws a RangeError for a type that the server keeps for itself. */
export function encodeEvent(event: EventToAppend, appendId: string): EncodedEvent {
  if (event.type === '' || event.type.startsWith('$')) throw new RangeError(`"${event.type}" cannot be the type of an event`);
  const serverId = serverIdOf(event.id);
  const metadata: Metadata = {
    $correlationId: event.correlationId,
    $causationId: event.causationId,
    occurredAt: event.occurredAt,
    chain: event.chain,
    store: event.store,
    traceparent: event.traceparent,
    eventId: serverId === event.id ? undefined : event.id,
    appendId,
  };
  const data = Buffer.from(JSON.stringify(event.data), 'utf8');
  const encodedMetadata = Buffer.from(JSON.stringify(metadata), 'utf8');
  // As the server does: two bytes a character of the type.
  const bytes = data.length + encodedMetadata.length + 2 * event.type.length;
  return { serverId, type: event.type, data, metadata: encodedMetadata, bytes };
}

/**
 * The stored event. Throws `UnreadableEvent` for one that this adapter did not write: skipping it would hide a
 * mistake, and revisions of its stream would have gaps.
 */
export function decodeEvent({ event }: Received, names: StreamNames): DecodedEvent {
  if (!event) throw new UnreadableEvent('The event store sent a link without its event');
  const place = `event ${event.revision} of stream "${event.streamId}"`;
  if (!isKnown(event.position)) {
    throw new UnreadableEvent(`The event store does not say where ${place} lies: it is older than version 22.10, which is needed`);
  }
  if (!event.isJson || !isMetadata(event.metadata)) {
    throw new UnreadableEvent(`Regulars did not write ${place}; give it a server of its own, or a streamPrefix that nobody else uses`);
  }
  const { $correlationId, $causationId, occurredAt, chain, store, traceparent, eventId, appendId } = event.metadata;
  const stored: StoredEvent = {
    id: eventId ?? event.id,
    type: event.type,
    occurredAt,
    data: event.data as StoredEvent['data'],
    correlationId: $correlationId,
    causationId: $causationId,
    traceparent,
    chain,
    store,
    streamId: names.toStreamId(event.streamId),
    revision: Number(event.revision),
    position: toPosition(event.position),
    recordedAt: event.created.toISOString(),
  };
  return { event: stored, appendId };
}

function isMetadata(metadata: unknown): metadata is Metadata {
  if (metadata === null || typeof metadata !== 'object') return false;
  const { $correlationId, occurredAt, chain, appendId } = metadata as Partial<Record<keyof Metadata, unknown>>;
  return [$correlationId, occurredAt, chain, appendId].every((member) => typeof member === 'string');
}
