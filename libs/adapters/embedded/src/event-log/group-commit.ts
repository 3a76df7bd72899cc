import type { Clock } from '@regulars/kernel';
import { type AppendOutcome, StoreUnavailable } from '@regulars/ports';
import type { AppendQueue, QueuedAppend } from './append-queue';
import { storedEvent } from './event-codec';
import type { LogFile } from './log-file';
import type { LocatedEvent } from './recent-events';
import { encodeRecord, FIRST_OF_APPEND, LAST_OF_APPEND, toPosition } from './record-format';
import type { Segments } from './segments';
import type { StreamReader } from './stream-reader';

const GROUP_APPENDS_MAX = 2048;
const GROUP_BYTES_MAX = 8 * 1024 * 1024;
const BUFFER_BYTES = 1024 * 1024;

/** What a decision leaves to be said once the group is durable. */
interface Decided {
  readonly append: QueuedAppend;
  readonly outcome: AppendOutcome;
}

/**
 * Writes what waits in the queue, many appends with one write and one sync. Expected revisions are checked in order
 * against the durable heads and what the group itself adds; nobody is answered, and nothing is shown, before all of it is durable.
 */
export class GroupCommit {
  private buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  private length = 0;
  private added: LocatedEvent[] = [];
  private heads = new Map<string, LocatedEvent>();

  constructor(
    private readonly queue: AppendQueue,
    private readonly file: LogFile,
    private readonly segments: Segments,
    private readonly reader: StreamReader,
    private readonly clock: Clock,
    /** Takes over the events of a group as soon as they are durable. */
    private readonly publish: (events: readonly LocatedEvent[]) => void,
  ) {}

  /** Commits the next group of the queue and answers its appends; they fail with StoreUnavailable where it cannot be written. */
  async next(): Promise<void> {
    const group = this.queue.peek(GROUP_APPENDS_MAX, GROUP_BYTES_MAX);
    this.start();
    const decided: Decided[] = [];
    try {
      await this.file.prepare();
      await this.decideAll(group, decided);
      if (this.length > 0) await this.file.write(this.buffer, this.length);
    } catch (error) {
      this.queue.remove(group.length);
      const refusal = new StoreUnavailable('The event log cannot be written', { cause: error });
      for (const append of group) append.fail(refusal);
      return;
    }
    this.segments.last.size += this.length;
    this.publish(this.added);
    this.queue.remove(group.length);
    for (const { append, outcome } of decided) append.answer(outcome);
  }

  private start(): void {
    // A rare giant must not be kept for ever.
    if (this.buffer.length > 4 * GROUP_BYTES_MAX) this.buffer = Buffer.allocUnsafe(BUFFER_BYTES);
    this.length = 0;
    this.added = [];
    this.heads = new Map();
  }

  /** Reads the heads that are not in memory side by side, then decides one by one. An append whose stream cannot be read fails alone. */
  private async decideAll(group: readonly QueuedAppend[], decided: Decided[]): Promise<void> {
    const known = new Map<string, Promise<LocatedEvent | undefined>>();
    for (const { streamId } of group) {
      if (known.has(streamId) || !this.reader.mayExist(streamId)) continue;
      const head = this.reader.head(streamId);
      head.catch(() => undefined);
      known.set(streamId, head);
    }
    const recordedAtMs = this.clock.now();
    for (const append of group) {
      try {
        let head = this.heads.get(append.streamId);
        if (!head && known.size > 0) head = await known.get(append.streamId);
        const actual = head ? head.event.revision : -1;
        // Waits only where it must: most appends are decided in memory.
        const outcome = actual === append.expected ? this.encode(append, head, recordedAtMs) : await this.repeatOrConflict(append, head);
        decided.push({ append, outcome });
      } catch (error) {
        append.fail(error);
      }
    }
  }

  private async repeatOrConflict(append: QueuedAppend, head: LocatedEvent | undefined): Promise<AppendOutcome> {
    if (!head) return { outcome: 'conflict', actual: 'no-stream' };
    const last = await this.findRepeated(append, head);
    if (!last) return { outcome: 'conflict', actual: head.event.revision };
    return { outcome: 'appended', revision: last.event.revision, position: toPosition(last.offset), repeated: true };
  }

  /** The last event of the append if all of its events are at the expected place already. */
  private async findRepeated(append: QueuedAppend, head: LocatedEvent): Promise<LocatedEvent | undefined> {
    const lastRevision = append.expected + append.events.length;
    if (head.event.revision < lastRevision) return undefined;
    let at = head;
    while (at.event.revision > lastRevision) at = await this.before(at);
    const last = at;
    for (let index = append.events.length - 1; ; index--) {
      if (at.event.id !== append.events[index]?.id) return undefined;
      if (index === 0) return last;
      at = await this.before(at);
    }
  }

  private async before(located: LocatedEvent): Promise<LocatedEvent> {
    return this.added.find(({ offset }) => offset === located.previous) ?? this.reader.before(located);
  }

  private encode(append: QueuedAppend, head: LocatedEvent | undefined, recordedAtMs: number): AppendOutcome {
    const { streamId, events, json } = append;
    this.reserve(append.bytes);
    let at = head;
    for (let index = 0; index < events.length; index++) at = this.encodeEvent(append, index, at, recordedAtMs);
    const last = at as LocatedEvent;
    this.heads.set(streamId, last);
    return { outcome: 'appended', revision: append.expected + json.length, position: last.event.position, repeated: false };
  }

  private encodeEvent(append: QueuedAppend, index: number, before: LocatedEvent | undefined, recordedAtMs: number): LocatedEvent {
    const { streamId, events, json } = append;
    const offset = this.segments.end + this.length;
    const previous = before ? before.offset : 0;
    const revision = append.expected + 1 + index;
    const flags = (index === 0 ? FIRST_OF_APPEND : 0) | (index === events.length - 1 ? LAST_OF_APPEND : 0);
    const fields = { flags, revision, writeOffset: this.length, previous, recordedAtMs };
    const end = encodeRecord(this.buffer, this.length, offset, fields, streamId, json[index] as string);
    const bytes = end - this.length;
    this.length = end;
    const event = storedEvent(events[index] as (typeof events)[number], streamId, revision, offset, recordedAtMs);
    const located: LocatedEvent = { event, offset, previous, bytes };
    this.added.push(located);
    return located;
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}
