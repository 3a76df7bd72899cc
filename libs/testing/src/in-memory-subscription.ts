import type { StoredEvent } from '@regulars/kernel';
import type { SubscribeOptions, Subscription } from '@regulars/ports';

/** A growing list of events, and whom to tell when it has grown. */
export interface EventSource {
  readonly log: readonly StoredEvent[];
  readonly watchers: Set<() => void>;
}

/** Follows a list of events from an index on, for one subscriber. */
export class InMemorySubscription implements Subscription {
  readonly ended: Promise<void>;
  protected closing = false;
  private wake: () => void = () => undefined;

  constructor(
    protected readonly source: EventSource,
    protected next: number,
    protected readonly batchEventsMax: number,
    protected readonly options: SubscribeOptions,
  ) {
    this.ended = Promise.resolve().then(() => this.run());
    // Whoever wants to know looks at `ended`.
    this.ended.catch(() => undefined);
  }

  async close(): Promise<void> {
    this.closing = true;
    this.wake();
    await this.ended.catch(() => undefined);
  }

  private async run(): Promise<void> {
    const wake = () => this.wake();
    this.source.watchers.add(wake);
    try {
      while (!this.closing) {
        const batch = this.takeBatch();
        if (batch.length > 0) await this.deliver(batch);
        else await this.waitForMore();
      }
    } finally {
      this.source.watchers.delete(wake);
    }
  }

  protected takeBatch(): readonly StoredEvent[] {
    const batch = this.source.log.slice(this.next, this.next + this.batchEventsMax);
    this.next += batch.length;
    return batch;
  }

  protected async deliver(batch: readonly StoredEvent[]): Promise<void> {
    await this.options.onBatch(batch);
  }

  protected async waitForMore(): Promise<void> {
    const more = new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.options.onCaughtUp?.();
    if (!this.closing) await more;
  }
}
