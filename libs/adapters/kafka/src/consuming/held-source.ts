import type { Position } from '@regulars/kernel';
import type { DeliveredMessage, Message, Watermark } from '@regulars/ports';
import { decodeRecord, type TopicReader } from '../messages/decode';
import { formatPosition, isAfter, type Passed } from '../messages/position';
import { heldBytes, type IncomingRecord } from '../messages/record';
import { type Partition, sourceName } from '../messages/source-name';

/** Messages to hand over, and how far the source has been looked at for them. */
export interface Cut {
  readonly messages: readonly DeliveredMessage[];
  /** Position of the last record looked at. */
  readonly upTo: Position;
  /** The offset behind it. */
  readonly next: number;
  /** What has passed on the source up to there. */
  readonly passed: Passed;
  /** What the last record said, where it was a watermark. */
  readonly watermark: Watermark | undefined;
}

/**
 * A source from the moment it came to a consumer until it leaves: what was fetched and not yet handed over, and what has passed. When it leaves
 * and comes back, that is another one: nothing of the first may touch the second.
 */
export class HeldSource {
  readonly name: string;
  /** True once it has gone to somebody else, or may have: nothing more of it is handed over or committed. */
  lost = false;
  /** Set once it is known where to begin. */
  ready = false;
  /** True after the consumer was asked where to go on: only then it has to be told that the source is gone. */
  asked = false;
  /** The member of the group that it was claimed for. */
  holder: string | undefined;
  /** Where its last batch that succeeded has ended, also where it was lost by then. */
  reached: { readonly next: number; readonly passed: Passed } | undefined;
  /** What is under way with it: the question where to begin, or a batch. */
  busy: Promise<void> | undefined;
  paused = true;
  /** The offset that must be fetched next. */
  wanted = 0;
  /** The offset behind the last record that Kafka is known to have. */
  end = 0;
  /** Records looked at since a batch was handed over: watermarks, repeats. */
  unmentioned = 0;
  /** Batches in a row that did not begin where they had to. */
  strays = 0;
  private records: IncomingRecord[] = [];
  private bytes = 0;
  private passed: Passed = {};
  private roomAwaited: (() => void) | undefined;

  constructor(
    readonly partition: Partition,
    private readonly reader: TopicReader,
    private readonly bytesMax: number,
  ) {
    this.name = sourceName(partition);
  }

  /** Begins at an offset, with what is known to have passed before it. */
  begin(offset: number, passed: Passed, end: number): void {
    this.wanted = offset;
    this.passed = passed;
    this.end = end;
    this.ready = true;
  }

  /** Takes in what was fetched from `wanted` on; the next fetch begins at `next`. */
  take(records: readonly IncomingRecord[], next: number, end: number): void {
    for (const record of records) {
      this.records.push(record);
      this.bytes += heldBytes(record);
    }
    this.wanted = next;
    this.end = Math.max(end, next);
  }

  get hasRecords(): boolean {
    return this.records.length > 0;
  }

  /** True where no more should be fetched for now. */
  get full(): boolean {
    return this.bytes > this.bytesMax / 2;
  }

  /** True where all that Kafka is known to have has been handed over. */
  get drained(): boolean {
    return this.ready && !this.hasRecords && !this.busy && this.wanted >= this.end;
  }

  /** Resolves as soon as there is room for more, or the source is gone. */
  room(): Promise<void> {
    if (!this.full || this.lost) return Promise.resolve();
    return new Promise((resolve) => {
      this.roomAwaited = resolve;
    });
  }

  /** The source is gone: forgets what was fetched. */
  lose(): void {
    this.lost = true;
    this.records = [];
    this.bytes = 0;
    this.tellRoom();
  }

  /**
   * Takes out the next messages, at most so many and none behind a watermark. Leaves out what a relay said before, and what an owner of the
   * relay says who was overtaken.
   */
  cut(messagesMax: number): Cut {
    const messages: DeliveredMessage[] = [];
    let watermark: Watermark | undefined;
    let looked = 0;
    let offset = -1;
    while (looked < this.records.length && messages.length < messagesMax && !watermark) {
      const record = this.records[looked++] as IncomingRecord;
      this.bytes -= heldBytes(record);
      offset = Number(record.offset);
      const decoded = decodeRecord(record, this.name, this.reader);
      if (!this.passes(decoded.passed, decoded.kind === 'watermark')) continue;
      if (decoded.kind === 'watermark') watermark = decoded.watermark;
      else messages.push(this.delivered(decoded.message, offset, decoded.passed));
    }
    this.records.splice(0, looked);
    this.unmentioned = messages.length > 0 ? 0 : this.unmentioned + looked;
    if (!this.full) this.tellRoom();
    return { messages, watermark, passed: this.passed, next: offset + 1, upTo: formatPosition(offset, this.passed) };
  }

  /** Notes what a record says of a relay's order; false for one to leave out. The same watermark may come again with a newer time. */
  private passes({ sequence, epoch }: Passed, isWatermark: boolean): boolean {
    const known = this.passed;
    if (epoch !== undefined && known.epoch !== undefined && epoch < known.epoch) return false;
    const isNew = sequence === undefined || isAfter(sequence, known.sequence);
    this.passed = { sequence: isNew ? (sequence ?? known.sequence) : known.sequence, epoch: epoch ?? known.epoch };
    return isNew || (isWatermark && known.sequence !== undefined && !isAfter(known.sequence, sequence));
  }

  /** Member by member: a spread copy of every message would be the dearest thing here. */
  private delivered(message: Message, offset: number, { sequence }: Passed): DeliveredMessage {
    return {
      id: message.id,
      type: message.type,
      topic: message.topic,
      key: message.key,
      occurredAt: message.occurredAt,
      chain: message.chain,
      store: message.store,
      data: message.data,
      correlationId: message.correlationId,
      causationId: message.causationId,
      traceparent: message.traceparent,
      source: this.name,
      position: formatPosition(offset, this.passed),
      logPosition: sequence?.logPosition,
    };
  }

  private tellRoom(): void {
    this.roomAwaited?.();
    this.roomAwaited = undefined;
  }
}
