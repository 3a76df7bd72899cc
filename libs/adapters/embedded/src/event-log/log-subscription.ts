import type { Position, StoredEvent } from '@regulars/kernel';
import type { SubscribeOptions, Subscription } from '@regulars/ports';
import { decodeEvent } from './event-codec';
import type { RecentEvents } from './recent-events';
import type { RecordCursor } from './record-cursor';
import { toOffset } from './record-format';
import type { Segments } from './segments';

/** Batch size where none is given. */
export const BATCH_EVENTS_DEFAULT = 1000;

/** What a subscription needs of its log. */
export interface SubscriptionSource {
  readonly segments: Segments;
  readonly recent: RecentEvents;
  /** A cursor at the first record behind a position. Throws RangeError where the log has no such position. */
  cursorAfter(position: string | undefined): Promise<RecordCursor>;
}

/** Throws RangeError on a batch size that makes no sense. */
export function checkBatchSize(events: number): void {
  if (!Number.isInteger(events) || events < 1) throw new RangeError(`A batch must have room for at least one event: ${events}`);
}

/** Follows the log for one subscriber: from the files while it is behind, from memory once it is up to date. */
export class LogSubscription implements Subscription {
  readonly ended: Promise<void>;
  private closing = false;
  private notify: (() => void) | undefined;
  /** Of the last event handed over, or the one to begin behind. */
  private position: Position | undefined;

  constructor(
    private readonly source: SubscriptionSource,
    private readonly options: SubscribeOptions,
    private readonly batchEventsMax = options.batchEventsMax ?? BATCH_EVENTS_DEFAULT,
  ) {
    checkBatchSize(batchEventsMax);
    this.position = options.after;
    this.ended = this.run();
    // Whoever wants to know looks at `ended`; a subscriber's fault must not end the process.
    this.ended.catch(() => undefined);
  }

  /** Tells it that there is more. */
  wake(): void {
    this.notify?.();
  }

  async close(): Promise<void> {
    this.closing = true;
    this.wake();
    await this.ended.catch(() => undefined);
  }

  private async run(): Promise<void> {
    const { source, batchEventsMax } = this;
    let cursor: RecordCursor | undefined = await source.cursorAfter(this.position);
    while (!this.closing) {
      const recent = source.recent.after(this.position === undefined ? 0 : toOffset(this.position), batchEventsMax);
      if (!recent) {
        cursor ??= await source.cursorAfter(this.position);
        await this.deliver(await this.readBatch(cursor));
        continue;
      }
      cursor = undefined;
      if (recent.length > 0) await this.deliver(recent);
      else await this.caughtUp();
    }
  }

  private async deliver(events: readonly StoredEvent[]): Promise<void> {
    if (events.length === 0 || this.closing) return;
    await this.options.onBatch(events);
    this.position = (events[events.length - 1] as StoredEvent).position;
  }

  private async readBatch(cursor: RecordCursor): Promise<StoredEvent[]> {
    const events: StoredEvent[] = [];
    do {
      while (events.length < this.batchEventsMax && cursor.next()) {
        events.push(decodeEvent(cursor.buffer, cursor.at, cursor.bytes, cursor.position));
      }
    } while (events.length === 0 && (await cursor.load(this.source.segments.end)));
    return events;
  }

  private async caughtUp(): Promise<void> {
    const more = new Promise<void>((resolve) => {
      this.notify = resolve;
    });
    this.options.onCaughtUp?.();
    if (!this.closing) await more;
    this.notify = undefined;
  }
}
