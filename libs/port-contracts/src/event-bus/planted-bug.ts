import type { ConsumeOptions, DeliveredMessage, Positions, RelayedBus } from '@regulars/ports';
import { InMemoryEventBus, type InMemoryPartitions } from '@regulars/testing';

/** A bus with one fault in it, to prove that a clause can fail. */
export interface PlantedBug {
  /** What is wrong with it. */
  readonly bug: string;
  /** The name of a clause that must see it. */
  readonly caughtBy: string;
  /** A bus over what is kept; called again with the same for "started anew". */
  readonly open: (kept: InMemoryPartitions) => RelayedBus;
  /** The same fault over any honest bus; absent where it is one of the double's inner workings. */
  readonly plant?: (honest: RelayedBus) => RelayedBus;
}

/** A bug in what is published or consumed; what it leaves alone stays honest. */
export function busBug(bug: string, caughtBy: string, spoil: (honest: RelayedBus) => Partial<RelayedBus>): PlantedBug {
  const plant = (honest: RelayedBus): RelayedBus => ({
    publish: (messages) => honest.publish(messages),
    consume: (options) => honest.consume(options),
    relay: (batch) => honest.relay(batch),
    ...spoil(honest),
  });
  return { bug, caughtBy, plant, open: (kept) => plant(new InMemoryEventBus(kept)) };
}

/** A bug in how one consumption is asked for. */
export function consumeBug(bug: string, caughtBy: string, rewrite: (options: ConsumeOptions) => ConsumeOptions): PlantedBug {
  return busBug(bug, caughtBy, (honest) => ({ consume: (options) => honest.consume(rewrite(options)) }));
}

/** A bug in each batch that is handed over. */
export function batchBug(
  bug: string,
  caughtBy: string,
  change: (messages: readonly DeliveredMessage[], upTo: Positions) => readonly [readonly DeliveredMessage[], Positions],
): PlantedBug {
  return consumeBug(bug, caughtBy, (options) => ({
    ...options,
    onBatch: (messages, upTo, done) => options.onBatch(...change(messages, upTo), done),
  }));
}
