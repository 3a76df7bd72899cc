import type { StoredEvent } from '@regulars/kernel';
import type { SubscribeOptions } from '@regulars/ports';
import { idsOf } from './samples';

/** A subscriber that writes down what it gets. */
export class Recorder {
  readonly events: StoredEvent[] = [];
  readonly batchSizes: number[] = [];
  caughtUpAt: number[] = [];
  private readonly waiting: { count: number; resolve: () => void }[] = [];

  /** Ids in the order they came. */
  get ids(): string[] {
    return idsOf(this.events);
  }

  /** Options for a subscription that records here. */
  options(more: Partial<SubscribeOptions> = {}): SubscribeOptions {
    return {
      onBatch: async (events) => this.take(events),
      onCaughtUp: () => {
        this.caughtUpAt.push(this.events.length);
      },
      ...more,
    };
  }

  take(events: readonly StoredEvent[]): void {
    this.events.push(...events);
    this.batchSizes.push(events.length);
    for (const { count, resolve } of this.waiting) if (this.events.length >= count) resolve();
  }

  /** Settles when it has got so many events. */
  got(count: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.events.length >= count) resolve();
      else this.waiting.push({ count, resolve });
    });
  }
}
