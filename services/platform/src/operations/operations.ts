import type { EventLog } from '@regulars/adapter-embedded';
import type { DeadLetters, LiveProjection, Replays } from '@regulars/engine';
import { type Clock, CodedError, type Position } from '@regulars/kernel';
import type { LoyaltyTierService } from '@regulars/loyalty-tier';
import type { PurchaseService } from '@regulars/purchase';

/** What operations look at and act on. */
export interface OperationsParts {
  readonly chain: string;
  readonly version: string;
  readonly startedAt: string;
  readonly clock: Clock;
  readonly eventLog: EventLog;
  readonly purchase: PurchaseService;
  readonly loyaltyTier: LoyaltyTierService;
  readonly projections: readonly LiveProjection[];
  readonly deadLetters: DeadLetters;
  readonly replays: Replays;
}

/** How far into the embedded log a position lies, in bytes: its positions are offsets. For progress and lag only. */
export function logBytes(position: Position | undefined): number {
  return position === undefined ? 0 : Number(position);
}

/** Status, replays and dead letters of one runtime. */
export class Operations {
  readonly replays: Replays;
  readonly deadLetters: DeadLetters;

  constructor(private readonly parts: OperationsParts) {
    this.replays = parts.replays;
    this.deadLetters = parts.deadLetters;
  }

  /** How everything stands now. */
  async status() {
    const { chain, version, startedAt, eventLog, purchase, loyaltyTier, deadLetters } = this.parts;
    const head = await eventLog.head();
    const { bytes, segments, streams } = eventLog.stats();
    const entries = await purchase.quarantineEntries();
    return {
      chain,
      version,
      startedAt,
      eventLog: { head: head ?? null, bytes, segments, streams, recovered: eventLog.recovery },
      projections: this.projectionStatus(head),
      ledger: loyaltyTier.ledger().stats(),
      intake: purchase.intake.counters,
      replays: await this.replays.list(),
      deadLetters: deadLetters.count(),
      quarantineOpen: await entries.count({ where: { status: 'open' } }),
    };
  }

  /** Each projection with its lag in bytes of the log. */
  projectionStatus(head: Position | undefined) {
    return this.parts.projections.map(({ live }) => {
      const { name, version, cursor, fault } = live.status();
      const position = cursor['log'];
      const lagBytes = Math.max(0, logBytes(head) - logBytes(position));
      return { name, version, position: position ?? null, caughtUp: head === undefined || (position ?? '') >= head, lagBytes, fault };
    });
  }

  /** Takes a dead letter in again, with those of its key. Throws `dead-letter.not-found`. */
  async redrive(id: string) {
    const { consumer, key } = await this.deadLetters.get(id);
    const live = this.parts.projections.find(({ live }) => `${live.status().name}@${live.content.version}` === consumer);
    if (!live) throw new CodedError('dead-letter.not-found', 'The version that parked it is not live any more');
    return live.live.redrive(consumer, key);
  }
}
