import type { Clock } from '@regulars/kernel';
import type { DocumentStore, EventStore, Publisher, RelayedBus } from '@regulars/ports';

/** Waits; ends early, without an error, once stopped. */
export type Pause = (ms: number, stopped: AbortSignal) => Promise<void>;

/** Tells operations what became of a relay; facts name no customer. */
export type RelayReport = (event: 'leading' | 'overtaken' | 'fault', facts: { relay: string; epoch?: number; reason?: string }) => void;

/** What a relay is made of. */
export interface RelayOptions {
  /** One owner a name, over all processes; the checkpoint goes by it as well. */
  readonly name: string;
  readonly eventStore: EventStore;
  readonly bus: RelayedBus;
  /** What is made of each event, in this order. */
  readonly publishers: readonly Publisher[];
  /** All topics the publishers write to. */
  readonly topics: readonly string[];
  /** Keeps the lease with the checkpoint in it: the same store for all processes that may relay. */
  readonly documents: DocumentStore;
  /** This process; another one after each restart. */
  readonly holder: string;
  readonly clock: Clock;
  readonly report: RelayReport;
  /** Called at named places, so that tests can kill it there: `relay.after-publish`, `relay.before-checkpoint`. */
  readonly failpoint?: ((name: string) => void | Promise<void>) | undefined;
  /** Events carried at a time; default 500. Bounds the memory: one batch is under way. */
  readonly batchEventsMax?: number | undefined;
  /** How long after the owner's last sign of life another process takes over, in milliseconds; default 10,000. */
  readonly leaseMs?: number | undefined;
  /** Least time between two watermarks, in milliseconds; default 100. */
  readonly watermarkMsMin?: number | undefined;
  /** Most time between two watermarks, in milliseconds; default 1,000. While nothing comes it doubles up to ten times as much. */
  readonly watermarkMsMax?: number | undefined;
  /** Milliseconds of a clock that never goes back; default that of the process. */
  readonly monotonicMs?: (() => number) | undefined;
  /** How it waits; default a timer. */
  readonly pause?: Pause | undefined;
}
