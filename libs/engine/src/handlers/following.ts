import type { Clock } from '@regulars/kernel';
import type { EventBus } from '@regulars/ports';
import type { RedriveOutcome } from '../projections/parking-intake';
import type { BackOff } from './back-off';
import type { MessageIntakeOptions } from './message-intake';

/** Tells operations what happened; never gets a message's content. */
export type MessagesReport = (event: 'parked' | 'fault' | 'late', facts: { group: string; type?: string; reason: string }) => void;

/** What following messages takes. Everything optional has a default that suits a service. */
export interface FollowMessagesOptions extends Pick<
  MessageIntakeOptions,
  'group' | 'handle' | 'refuse' | 'isPoison' | 'deadLetters' | 'random'
> {
  /** For the lag only. */
  readonly clock: Clock;
  readonly bus: EventBus;
  readonly topics: readonly string[];
  readonly report: MessagesReport;
  /** At most so many messages are handled at the same time, over all sources; default 64. */
  readonly concurrency?: number | undefined;
  /** Attempts at a message with a passing fault before its source waits for a restart; default 8. */
  readonly attemptsMax?: number | undefined;
  /** Delays between those attempts; default 100 ms to 5 s. */
  readonly retry?: BackOff | undefined;
  /** Delays before the consumption is started anew; default 250 ms to 30 s. */
  readonly restart?: BackOff | undefined;
  /** At most so many messages of a source are held; default 500. */
  readonly batchMessagesMax?: number | undefined;
  /** So many sources are worked on at the same time; default 64. */
  readonly sourcesAtOnce?: number | undefined;
  /** How long `close` waits for what is under way; default 20. */
  readonly drainSecondsMax?: number | undefined;
}

/** How a following stands. */
export interface FollowingStatus {
  /** Everything the bus had was handled or parked when it last looked, and nothing failed since. */
  readonly caughtUp: boolean;
  /** The last fault, while it lasts; the process is not ready then. */
  readonly fault?: string | undefined;
  /** Messages parked for this group. */
  readonly parked: number;
  /** Messages being handled now. */
  readonly inFlight: number;
  /**
   * Seconds since the log was last seen to end where the source furthest behind stands. Without a relay behind the sources: seconds
   * since it was last caught up, 0 while it is.
   */
  readonly lagSeconds: number;
}

/** Messages being followed. */
export interface Following {
  status(): FollowingStatus;
  /** The name its messages are parked under. */
  readonly group: string;
  /** Handles what is parked of a key again, oldest first, between the messages that come; stops at the first that fails again. */
  redrive(consumer: string, key: string): Promise<RedriveOutcome>;
  /**
   * Begins no message any more and waits for those under way, but not longer than the deadline. What was done without a gap is
   * committed; the rest comes again. Safe to call twice.
   */
  close(): Promise<void>;
}
