import type { StoredEvent } from '@regulars/kernel';
import type { SubscribeOptions, Subscription } from '@regulars/ports';
import { InMemoryEventStore } from '../in-memory-event-store';
import { type EventSource, InMemorySubscription } from '../in-memory-subscription';
import type { FaultWithin } from './planted-bug';

type SubscriptionClass = new (source: EventSource, next: number, batchEventsMax: number, options: SubscribeOptions) => Subscription;

/** A store whose subscriptions are of another class. */
function storeWith(Faulty: SubscriptionClass): FaultWithin['Store'] {
  return class extends InMemoryEventStore {
    protected override follow(options: SubscribeOptions): Subscription {
      const subscription = new Faulty(this.source(), this.indexAfter(options.after), options.batchEventsMax ?? 1000, options);
      this.subscriptions.add(subscription);
      return subscription;
    }
  };
}

const catchUpThenLive = 'a subscription catches up from the first event and goes on live, without gap or double';
const whileCatchingUp = 'events stored while a subscription catches up come once and in order';
const handlerThrows = 'a handler that throws ends its subscription with that error, and no other';

/** Faults in handing events over. */
export const subscriptionBugs: readonly FaultWithin[] = [
  {
    bug: 'skips the event at the boundary from catching up to live',
    caughtBy: catchUpThenLive,
    Store: storeWith(
      class extends InMemorySubscription {
        private wasLive = false;

        protected override async waitForMore(): Promise<void> {
          await super.waitForMore();
          if (!this.wasLive) this.next++;
          this.wasLive = true;
        }
      },
    ),
  },
  {
    bug: 'hands over the last event again when it goes live',
    caughtBy: catchUpThenLive,
    Store: storeWith(
      class extends InMemorySubscription {
        protected override async waitForMore(): Promise<void> {
          await super.waitForMore();
          if (this.next > 0 && !this.closing) this.next--;
        }
      },
    ),
  },
  {
    bug: 'goes live at the head of its start, losing what came meanwhile',
    caughtBy: whileCatchingUp,
    Store: storeWith(
      class extends InMemorySubscription {
        private readonly headAtStart = this.source.log.length;

        protected override takeBatch(): readonly StoredEvent[] {
          const wasBehind = this.next < this.headAtStart;
          const batch = super.takeBatch();
          if (wasBehind && this.next >= this.headAtStart) this.next = this.source.log.length;
          return batch;
        }
      },
    ),
  },
  {
    bug: 'does not look for what came while the handler ran',
    caughtBy: whileCatchingUp,
    Store: storeWith(
      class extends InMemorySubscription {
        protected override async deliver(batch: readonly StoredEvent[]): Promise<void> {
          await super.deliver(batch);
          if (this.next < this.source.log.length) await this.waitForMore();
        }
      },
    ),
  },
  {
    bug: 'starts at the head after a restart',
    caughtBy: 'a subscription goes on from its position after a restart',
    Store: class extends InMemoryEventStore {
      private readonly restartedAt = this.log.at(-1)?.position;

      override subscribe(options: SubscribeOptions): Subscription {
        return super.subscribe({ ...options, after: this.restartedAt ?? options.after });
      }
    },
  },
  {
    bug: 'ends every subscription when one handler throws',
    caughtBy: handlerThrows,
    Store: class extends InMemoryEventStore {
      protected override follow(options: SubscribeOptions): Subscription {
        const subscription = super.follow(options);
        subscription.ended.catch(() => Promise.all([...this.subscriptions].map((other) => other.close())));
        return subscription;
      }
    },
  },
];
