import { randomUUID } from 'node:crypto';
import type { Append, AppendOutcome } from '@regulars/ports';
import type { AppendAnswer, EncodedAppend } from './append-messages';
import type { AppendPipe } from './append-pipe';
import { type DecodedEvent, encodeEvent } from './event-codec';
import { isPassing, toCallerError } from './failures';
import { inParallel } from './in-parallel';
import type { LogReader } from './log-reader';
import type { ReadBack } from './read-back';
import { Retries, type RetryOptions, withRetries } from './retries';
import type { StreamNames } from './stream-names';

/** Conflicts looked into at the same time. */
const CONFLICTS_AT_ONCE = 16;

/** What the appender works with. */
export interface AppenderParts {
  readonly names: StreamNames;
  readonly pipe: AppendPipe;
  readonly reader: LogReader;
  readonly readBack: ReadBack;
  readonly retry: RetryOptions;
  /** What the server takes of one append: its MaxAppendSize, in bytes. */
  readonly appendBytesMax: number;
  /** Given when the store is closed without patience for retries. */
  readonly signal: AbortSignal;
}

/** An append under way. */
interface Pending {
  readonly append: Append;
  readonly encoded: EncodedAppend;
  /** In the metadata of its events: whose they are if the server has the very same events already. */
  readonly appendId: string;
  answer?: AppendAnswer;
}

/** An append larger than the server takes in one piece. Nothing was sent. */
export class AppendTooLarge extends RangeError {
  constructor(streamId: string, bytes: number, bytesMax: number) {
    super(`The append to "${streamId}" has ${bytes} bytes with metadata, more than the ${bytesMax} that the event store takes at once`);
    this.name = 'AppendTooLarge';
  }
}

/**
 * Appends, and finds out what became of it.
 *
 * The server says success to a repeat too, and does not say where a lost answer's events went. So every event
 * carries the id of the call that appends it, and after a success the last event is read back: it is there with
 * this call's id (written now, by whichever try), or with another's (a repeat). Its position as read is the one answered.
 */
export class Appender {
  constructor(private readonly parts: AppenderParts) {}

  /** Checks and encodes all first: throws a RangeError before anything is sent. */
  async appendMany(appends: readonly Append[]): Promise<AppendOutcome[]> {
    const all = appends.map((append) => this.prepare(append));
    await this.sendAll(all);
    const outcomes = new Array<AppendOutcome>(all.length);
    const successes: Promise<void>[] = [];
    const conflicts: number[] = [];
    all.forEach((pending, index) => {
      if (pending.answer?.outcome === 'conflict') conflicts.push(index);
      else successes.push(this.confirm(pending).then((outcome) => void (outcomes[index] = outcome)));
    });
    const looked = inParallel(conflicts, CONFLICTS_AT_ONCE, async (index) => {
      outcomes[index] = await this.lookInto(all[index] as Pending);
    });
    const results = await Promise.allSettled([...successes, looked]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    return outcomes;
  }

  private prepare(append: Append): Pending {
    const { streamId, expected, events } = append;
    if (events.length === 0) throw new RangeError(`An append to "${streamId}" has no events`);
    if (expected !== 'no-stream' && !(Number.isSafeInteger(expected) && expected >= 0)) {
      throw new RangeError(`An append to "${streamId}" expects revision ${expected}, which no event has`);
    }
    const appendId = randomUUID();
    const encodedEvents = events.map((event) => encodeEvent(event, appendId));
    const bytes = encodedEvents.reduce((sum, event) => sum + event.bytes, 0);
    if (bytes > this.parts.appendBytesMax) throw new AppendTooLarge(streamId, bytes, this.parts.appendBytesMax);
    const encoded = { streamName: this.parts.names.toName(streamId), expected, events: encodedEvents, bytes };
    return { append, encoded, appendId };
  }

  /** Sends until every append has an answer; again those without one, which is safe: same ids, same place. */
  private async sendAll(all: readonly Pending[]): Promise<void> {
    const retries = new Retries(this.parts.retry, this.parts.signal);
    let open = all;
    while (open.length > 0) {
      const results = await Promise.allSettled(open.map(({ encoded }) => this.parts.pipe.send(encoded)));
      const { unsettled, failure } = settle(open, results);
      if (unsettled.length < open.length) retries.succeeded();
      if (failure !== undefined) await retries.afterFailure(failure);
      open = unsettled;
    }
  }

  private async confirm({ append, encoded, appendId, answer }: Pending): Promise<AppendOutcome> {
    const { revision, position } = answer as Extract<AppendAnswer, { outcome: 'success' }>;
    const expectedRevision = lastRevision(append);
    const { streamName, events } = encoded;
    const last = await this.parts.readBack.find({ streamName, revision: expectedRevision, events: events.length, position });
    if (revision !== expectedRevision || last.event.id !== append.events.at(-1)?.id) {
      throw new Error(`Stream "${streamName}" has been deleted or cut off on the server; streams of this store must not be`);
    }
    return appended(last, last.appendId !== appendId);
  }

  /** A conflict, unless the very events lie at the expected place. */
  private async lookInto({ append, encoded, appendId, answer }: Pending): Promise<AppendOutcome> {
    const { actual } = answer as Extract<AppendAnswer, { outcome: 'conflict' }>;
    const conflict: AppendOutcome = { outcome: 'conflict', actual };
    if (actual === 'no-stream' || actual < lastRevision(append)) return conflict;
    const { retry, signal, reader } = this.parts;
    const there = await withRetries(retry, signal, async () => {
      const found: DecodedEvent[] = [];
      const options = { fromRevision: lastRevision(append) + 1 - append.events.length, limit: append.events.length };
      for await (const decoded of reader.stream(encoded.streamName, options)) found.push(decoded);
      return found;
    });
    const isThere = append.events.every(({ id }, index) => there[index]?.event.id === id);
    const last = there.at(-1);
    return isThere && last ? appended(last, last.appendId !== appendId) : conflict;
  }
}

/**
 * Notes the answers, in order. Where an append of a stream has none, the later ones of that stream were decided on
 * what may not have been the state they are to be decided on: they are asked again.
 */
function settle(
  open: readonly Pending[],
  results: readonly PromiseSettledResult<AppendAnswer>[],
): { unsettled: readonly Pending[]; failure: unknown } {
  const unsettled: Pending[] = [];
  const waitingStreams = new Set<string>();
  let failure: unknown;
  open.forEach((pending, index) => {
    const result = results[index] as PromiseSettledResult<AppendAnswer>;
    const { streamName } = pending.encoded;
    if (result.status === 'fulfilled' && !waitingStreams.has(streamName)) {
      pending.answer = result.value;
      return;
    }
    if (result.status === 'rejected') {
      if (!isPassing(result.reason)) throw toCallerError(result.reason);
      failure ??= result.reason;
    }
    waitingStreams.add(streamName);
    unsettled.push(pending);
  });
  return { unsettled, failure };
}

function appended({ event }: DecodedEvent, repeated: boolean): AppendOutcome {
  return { outcome: 'appended', revision: event.revision, position: event.position, repeated };
}

/** Revision that the last event of an append has when it is stored. */
function lastRevision({ expected, events }: Append): number {
  return (expected === 'no-stream' ? -1 : expected) + events.length;
}
