import type { Position, StoredEvent } from '@regulars/kernel';
import type { LogMessage } from '@regulars/ports';
import type { HeldLease } from './lease';
import { logMessages } from './log-messages';
import type { Pause, RelayOptions } from './relay-options';

/** While nothing comes the time between watermarks doubles, up to so many times the most. */
const REST_FACTOR_MAX = 10;

/** The owner may not act any more: another process has taken over, or may have. */
export class LeaseLost extends Error {}

/** What an owner's time is measured and waited with. */
export interface LeadingTimes {
  readonly pause: Pause;
  readonly monotonicMs: () => number;
  readonly leaseMs: number;
  readonly watermarkMsMin: number;
  readonly watermarkMsMax: number;
}

/** One owner's time at the head of a relay: from the checkpoint on, until it is stopped, loses the lease or meets a fault. */
export class Leading {
  /** Everything of the log up to here is on the bus. */
  position: Position | undefined;
  /** When the oldest event that is not on the bus yet was recorded; undefined where none is known. */
  oldestWaiting: string | undefined;
  /** The last watermark, and how often in a row it has been the same. */
  private told: { readonly position: Position; readonly atMs: number; readonly repeats: number } | undefined;
  private readonly stopped = new AbortController();
  private line: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly options: RelayOptions,
    private readonly lease: HeldLease,
    private readonly times: LeadingTimes,
    private readonly progressed: () => void,
  ) {
    this.position = positionKept(lease);
  }

  /** Resolves when it was stopped; rejects with LeaseLost, or with the fault it met. */
  async run(): Promise<void> {
    const { eventStore, batchEventsMax = 500 } = this.options;
    const { leaseMs, watermarkMsMin } = this.times;
    const subscription = eventStore.subscribe({
      after: this.position,
      batchEventsMax,
      onBatch: (events) => this.carry(events),
      onCaughtUp: this.progressed,
    });
    const loops = [this.repeat(leaseMs / 4, () => this.renew()), this.repeat(watermarkMsMin, () => this.tell())];
    try {
      await Promise.race([subscription.ended, ...loops]);
      if (!this.stopped.signal.aborted) throw new Error('The subscription to the event store has ended');
    } finally {
      this.stop();
      await subscription.close();
      await Promise.allSettled(loops);
    }
  }

  /** Ends it after what is under way. */
  stop(): void {
    this.stopped.abort();
  }

  private async carry(events: readonly StoredEvent[]): Promise<void> {
    const [first, last] = [events[0], events.at(-1)];
    if (!first || !last || this.stopped.signal.aborted) return;
    this.oldestWaiting = first.recordedAt;
    const messages = logMessages(events, this.options.publishers, this.options.topics);
    await this.inLine(async () => {
      await this.publish(messages, this.isTimeToTell() ? { logPosition: last.position, observedAt: last.recordedAt } : undefined);
      await this.options.failpoint?.('relay.after-publish');
      this.position = last.position;
      await this.options.failpoint?.('relay.before-checkpoint');
      if (!(await this.lease.renew({ position: last.position }))) throw new LeaseLost();
    });
    this.oldestWaiting = undefined;
    this.progressed();
  }

  /** Tells how far the log has been carried, where that is new or has not been said for a while. */
  private async tell(): Promise<void> {
    if (!this.isDueToTell()) return;
    await this.inLine(async () => {
      if (this.position === undefined || !this.isDueToTell()) return;
      await this.publish([], { logPosition: this.position, observedAt: await this.observedAt(this.position) });
    });
    this.progressed();
  }

  /** Now, where nothing lies behind a position; else when what lies behind it was recorded. */
  private async observedAt(position: Position): Promise<string> {
    const now = new Date(this.options.clock.now()).toISOString();
    for await (const [next] of this.options.eventStore.readAll(position, 1)) return next?.recordedAt ?? now;
    return now;
  }

  private async publish(messages: readonly LogMessage[], watermark?: { logPosition: Position; observedAt: string }): Promise<void> {
    if (messages.length === 0 && !watermark) return;
    const { bus, topics } = this.options;
    if (!this.lease.isHeld()) throw new LeaseLost();
    await bus.relay({ messages, watermark, topics, epoch: this.lease.epoch });
    if (!watermark) return;
    const repeats = this.told?.position === watermark.logPosition ? this.told.repeats + 1 : 0;
    this.told = { position: watermark.logPosition, atMs: this.times.monotonicMs(), repeats };
  }

  private isTimeToTell(): boolean {
    return !this.told || this.times.monotonicMs() - this.told.atMs >= this.times.watermarkMsMin;
  }

  private isDueToTell(): boolean {
    if (this.position === undefined || !this.isTimeToTell()) return false;
    if (this.told?.position !== this.position) return true;
    // Each goes to every partition and stays there: a chain that sleeps must not fill its topics with them.
    const restMs = Math.min(this.times.watermarkMsMax * 2 ** Math.min(this.told.repeats, 16), REST_FACTOR_MAX * this.times.watermarkMsMax);
    return this.times.monotonicMs() - this.told.atMs >= restMs;
  }

  private async renew(): Promise<void> {
    // A store that is away for a moment costs nothing; before the time is up, `isHeld` says no.
    const renewed = await this.lease.renew().catch(() => this.lease.isHeld());
    if (!renewed) throw new LeaseLost();
  }

  private async repeat(everyMs: number, task: () => Promise<void>): Promise<void> {
    for (;;) {
      await this.times.pause(everyMs, this.stopped.signal);
      if (this.stopped.signal.aborted) return;
      await task();
    }
  }

  /** The bus is given one thing at a time. */
  private inLine(task: () => Promise<void>): Promise<void> {
    const turn = this.line.then(task);
    this.line = turn.catch(() => undefined);
    return turn;
  }
}

/** The checkpoint in a lease. */
export function positionKept({ kept }: HeldLease): Position | undefined {
  return typeof kept.position === 'string' ? kept.position : undefined;
}
