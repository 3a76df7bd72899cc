import {
  type AllStreamResolvedEvent,
  BACKWARDS,
  END,
  type EventStoreDBClient,
  FORWARDS,
  type ResolvedEvent,
  START,
  StreamNotFoundError,
} from '@eventstore/db-client';
import type { Position } from '@regulars/kernel';
import type { ReadStreamOptions } from '@regulars/ports';
import { type DecodedEvent, decodeEvent } from './event-codec';
import { fromPosition, isKnown, type LogPosition, toPosition } from './positions';
import { received } from './received-events';
import type { StreamNames } from './stream-names';

/** Messages that the client may hold ready of one read. */
const READ_AHEAD = { highWaterMark: 256 };

/**
 * Reads of this store's events. Always from the leader, so that every append that was answered is seen; links are not
 * followed, and the server's own events left out. Nothing here is repeated after a failure: callers know how far they got.
 */
export class LogReader {
  constructor(
    private readonly client: EventStoreDBClient,
    private readonly names: StreamNames,
    /** How long the server may be silent, in milliseconds. */
    private readonly silenceMsMax: number,
  ) {}

  /** The events of a stream, from a revision on where one is given; none where there is no such stream. */
  async *stream(streamName: string, options: ReadStreamOptions & { readonly fromRevision?: number } = {}): AsyncGenerator<DecodedEvent> {
    const direction = options.direction ?? FORWARDS;
    const fromRevision = options.fromRevision === undefined ? (direction === FORWARDS ? START : END) : BigInt(options.fromRevision);
    const read = this.client.readStream(
      streamName,
      { direction, fromRevision, maxCount: options.limit ?? Number.MAX_SAFE_INTEGER, resolveLinkTos: false, requiresLeader: true },
      READ_AHEAD,
    );
    try {
      for await (const message of received<ResolvedEvent>(read, `Reading stream "${streamName}"`, this.silenceMsMax)) {
        yield decodeEvent(message, this.names);
      }
    } catch (error) {
      if (!(error instanceof StreamNotFoundError)) throw error;
    }
  }

  /** Everything of this store after a position, in order, up to the end. */
  async *after(position: Position | undefined): AsyncGenerator<DecodedEvent> {
    const read = this.client.readAll(
      {
        direction: FORWARDS,
        fromPosition: position === undefined ? START : fromPosition(position),
        resolveLinkTos: false,
        requiresLeader: true,
      },
      READ_AHEAD,
    );
    for await (const message of received<AllStreamResolvedEvent>(read, 'Reading $all', this.silenceMsMax)) {
      // The server begins with the event at the position itself.
      if (!this.isOurs(message) || (position !== undefined && positionOf(message) <= position)) continue;
      yield decodeEvent(message, this.names);
    }
  }

  /** Everything of this store at and after a position, among at most so many events of the server. */
  async *from(position: LogPosition, maxCount: number): AsyncGenerator<DecodedEvent> {
    const read = this.client.readAll(
      { direction: FORWARDS, fromPosition: position, maxCount, resolveLinkTos: false, requiresLeader: true },
      READ_AHEAD,
    );
    for await (const message of received<AllStreamResolvedEvent>(read, 'Reading $all', this.silenceMsMax)) {
      if (this.isOurs(message)) yield decodeEvent(message, this.names);
    }
  }

  /**
   * Position of this store's last event. Looks backwards from the end for it, over events of others, no further than
   * `known`: a position of this store that was seen before, answered where nothing newer is there.
   */
  async head(known: Position | undefined): Promise<Position | undefined> {
    const read = this.client.readAll(
      { direction: BACKWARDS, fromPosition: END, resolveLinkTos: false, requiresLeader: true },
      { highWaterMark: 16 },
    );
    for await (const message of received<AllStreamResolvedEvent>(read, 'Reading $all backwards', this.silenceMsMax)) {
      if (known !== undefined && positionOf(message) <= known) return known;
      if (this.isOurs(message)) return positionOf(message);
    }
    return known;
  }

  /** One round trip that reads the end of `$all`. */
  async ping(): Promise<void> {
    const read = this.client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1, resolveLinkTos: false, requiresLeader: true });
    for await (const _ of received(read, 'Asking the event store', this.silenceMsMax)) void _;
  }

  /** Whether an event was written to this store: no event of the server, no link, no mark of a deletion. */
  isOurs({ event, link }: AllStreamResolvedEvent): boolean {
    return event !== undefined && link === undefined && !event.type.startsWith('$') && this.names.isOurs(event.streamId);
  }
}

/** Where a message of `$all` lies. */
export function positionOf({ event, link }: AllStreamResolvedEvent): Position {
  const position = (link ?? event)?.position;
  return isKnown(position) ? toPosition(position) : '';
}
