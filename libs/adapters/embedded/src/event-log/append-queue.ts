import type { EventToAppend } from '@regulars/kernel';
import type { Append, AppendOutcome } from '@regulars/ports';
import { toJson } from './event-codec';
import { RECORD_BYTES_MAX, recordBytesBound, STREAM_ID_BYTES_MAX } from './record-format';

const APPEND_BYTES_MAX = 64 * 1024 * 1024;
const QUEUE_BYTES_MAX = 32 * 1024 * 1024;
const REVISION_MAX = 0xffff_fffe;

/** An append that waits for its group, its events already in their stored form. */
export interface QueuedAppend {
  readonly streamId: string;
  /** −1 for 'no-stream'. */
  readonly expected: number;
  readonly events: readonly EventToAppend[];
  readonly json: readonly string[];
  /** Upper bound of the bytes it takes in the log. */
  readonly bytes: number;
  answer(outcome: AppendOutcome): void;
  fail(error: unknown): void;
}

/** Appends that wait to be written, in the order they came; whoever comes while it is full waits before being taken in. */
export class AppendQueue {
  private readonly queue: QueuedAppend[] = [];
  private readonly waiting: (() => void)[] = [];
  private bytes = 0;

  /** Whether something waits to be written or to be taken in. */
  get isEmpty(): boolean {
    return this.queue.length === 0 && this.waiting.length === 0;
  }

  /** Waits for room. */
  async room(): Promise<void> {
    if (this.bytes < QUEUE_BYTES_MAX && this.waiting.length === 0) return;
    await new Promise<void>((go) => this.waiting.push(go));
  }

  /** Takes appends in; settles when all are decided, in the order given. Throws TypeError or RangeError on what can never be stored, taking nothing. */
  push(appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
    return new Promise((resolve, reject) => {
      const outcomes = new Array<AppendOutcome>(appends.length);
      let open = appends.length;
      const prepared = appends.map((append, index) =>
        prepare(append, {
          answer: (outcome) => {
            outcomes[index] = outcome;
            if (--open === 0) resolve(outcomes);
          },
          fail: reject,
        }),
      );
      for (const append of prepared) {
        this.queue.push(append);
        this.bytes += append.bytes;
      }
      if (open === 0) resolve(outcomes);
      this.admit();
    });
  }

  /** The next appends, in order, at least one if there are any: up to a number and about so many bytes. They stay until `remove`. */
  peek(appendsMax: number, bytesMax: number): readonly QueuedAppend[] {
    let bytes = 0;
    let count = 0;
    while (count < this.queue.length && count < appendsMax && (count === 0 || bytes < bytesMax)) {
      bytes += (this.queue[count++] as QueuedAppend).bytes;
    }
    return this.queue.slice(0, count);
  }

  /** Takes the first appends out, as they are settled. */
  remove(count: number): void {
    for (const append of this.queue.splice(0, count)) this.bytes -= append.bytes;
    this.admit();
  }

  private admit(): void {
    if (this.bytes < QUEUE_BYTES_MAX) this.waiting.shift()?.();
  }
}

function prepare(append: Append, settle: Pick<QueuedAppend, 'answer' | 'fail'>): QueuedAppend {
  const { streamId, events } = append;
  checkStreamId(streamId);
  const expected = append.expected === 'no-stream' ? -1 : append.expected;
  if (!Number.isInteger(expected) || (expected < 0 && append.expected !== 'no-stream') || expected + events.length > REVISION_MAX) {
    throw new RangeError(`"${append.expected}" is no revision to expect: give 'no-stream' or the revision of the last event`);
  }
  if (events.length === 0) throw new RangeError(`An append to "${streamId}" has no events`);
  const json = events.map(toJson);
  let bytes = 0;
  for (const text of json) {
    const bound = recordBytesBound(streamId, text);
    // The bound is three times what plain text takes; only close to the limit does the exact figure matter.
    if (bound > RECORD_BYTES_MAX && recordBytesBound(streamId, '') + Buffer.byteLength(text) > RECORD_BYTES_MAX) {
      throw new RangeError(`An event for "${streamId}" is larger than ${RECORD_BYTES_MAX} bytes`);
    }
    bytes += bound;
  }
  if (bytes > 3 * APPEND_BYTES_MAX) throw new RangeError(`An append to "${streamId}" is larger than ${APPEND_BYTES_MAX} bytes`);
  return { streamId, expected, events, json, bytes, answer: settle.answer, fail: settle.fail };
}

function checkStreamId(streamId: string): void {
  if (typeof streamId !== 'string' || streamId === '') throw new TypeError('A stream id must be a string that is not empty');
  // The first pattern is quick and nearly always decides.
  if (/[\ud800-\udfff]/.test(streamId) && /\p{Surrogate}/u.test(streamId)) throw new TypeError('A stream id must be well-formed Unicode');
  if (streamId.length * 3 > STREAM_ID_BYTES_MAX && Buffer.byteLength(streamId) > STREAM_ID_BYTES_MAX) {
    throw new RangeError(`A stream id must not be longer than ${STREAM_ID_BYTES_MAX} bytes of UTF-8`);
  }
}
