import { setTimeout as delay } from 'node:timers/promises';
import type { Position } from '@regulars/kernel';
import { LeaseLost, Leading, positionKept } from './leading';
import { type HeldLease, Lease } from './lease';
import type { Pause, RelayOptions } from './relay-options';

const WATERMARK_MS_MIN = 100;
const WATERMARK_MS_MAX = 1_000;
const RESTART_DELAY_MS_MIN = 50;
const RESTART_DELAY_MS_MAX = 5_000;

/** How a relay stands in this process. */
export interface RelayStatus {
  /** `standby`: another process leads, or may lead. `faulty`: something it needs fails; it tries again. */
  readonly state: 'standby' | 'leading' | 'faulty';
  /** Of this process's lease, while it has one. */
  readonly epoch?: number | undefined;
  /** Everything of the log up to here is on the bus. Known to the owner only. */
  readonly position?: Position | undefined;
  /** Seconds since the oldest event known to wait was recorded, 0 where none is. Known to the owner only. */
  readonly behind?: number | undefined;
  /** The last fault, while it lasts. */
  readonly fault?: string | undefined;
}

/** A relay at work. */
export interface Relay {
  status(): RelayStatus;
  /** Stops after the batch under way and gives the lease back. Safe to call twice. */
  close(): Promise<void>;
}

const pauseByTimer: Pause = (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined);

class RelayProcess implements Relay {
  private readonly lease: Lease;
  private readonly pause: Pause;
  private readonly closing = new AbortController();
  private readonly loop: Promise<void>;
  private held: HeldLease | undefined;
  private leading: Leading | undefined;
  private fault: string | undefined;
  private restartDelayMs = RESTART_DELAY_MS_MIN;

  constructor(private readonly options: RelayOptions) {
    this.lease = new Lease(options);
    this.pause = options.pause ?? pauseByTimer;
    this.loop = this.run();
  }

  status(): RelayStatus {
    const { held, leading, fault } = this;
    const state = fault !== undefined ? 'faulty' : leading ? 'leading' : 'standby';
    if (!held) return { state, fault };
    const waiting = leading?.oldestWaiting;
    const behind = waiting === undefined ? 0 : Math.max(0, this.options.clock.now() - Date.parse(waiting)) / 1_000;
    return { state, epoch: held.epoch, position: leading?.position ?? positionKept(held), behind, fault };
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.leading?.stop();
    await this.loop;
  }

  private async run(): Promise<void> {
    while (!this.closing.signal.aborted) {
      try {
        await this.leadOrWait();
      } catch (error) {
        // Whether it really is another's is seen by the next renewal.
        if (error instanceof LeaseLost) this.leading = undefined;
        else await this.failed(error);
      }
    }
    // Where the store is away the lease runs out by itself.
    await this.held?.release().catch(() => undefined);
    this.held = undefined;
  }

  private async leadOrWait(): Promise<void> {
    const { options, lease, closing } = this;
    this.held ??= await lease.tryAcquire();
    if (!this.held) {
      this.fault = undefined;
      return this.pause(lease.leaseMs / 4, closing.signal);
    }
    if (!(await this.held.renew())) return this.overtaken();
    // Whoever closes it stops only an owner's time that has begun.
    if (closing.signal.aborted) return;
    options.report('leading', { relay: options.name, epoch: this.held.epoch });
    const { watermarkMsMin = WATERMARK_MS_MIN, watermarkMsMax = WATERMARK_MS_MAX, monotonicMs = () => performance.now() } = options;
    const times = { pause: this.pause, monotonicMs, leaseMs: lease.leaseMs, watermarkMsMin, watermarkMsMax };
    this.leading = new Leading(options, this.held, times, () => this.recovered());
    await this.leading.run();
  }

  private overtaken(): void {
    this.options.report('overtaken', { relay: this.options.name, epoch: this.held?.epoch });
    this.held = undefined;
    this.leading = undefined;
  }

  private async failed(error: unknown): Promise<void> {
    this.fault = error instanceof Error ? error.message : String(error);
    this.options.report('fault', { relay: this.options.name, epoch: this.held?.epoch, reason: this.fault });
    await this.pause(this.restartDelayMs, this.closing.signal);
    this.restartDelayMs = Math.min(this.restartDelayMs * 2, RESTART_DELAY_MS_MAX);
  }

  private recovered(): void {
    this.fault = undefined;
    this.restartDelayMs = RESTART_DELAY_MS_MIN;
  }
}

/**
 * Carries what follows from the events of a store to a bus: at least once, in the order of the log, by one process at a time. Any number of
 * processes may start the same relay; one leads, the others stand by. A fault is reported and tried again from the checkpoint, for ever.
 *
 * The checkpoint is kept inside the lease, so an owner that was overtaken cannot move it; what such an owner still publishes carries its
 * old epoch, and consumers leave it out.
 */
export function startRelay(options: RelayOptions): Relay {
  return new RelayProcess(options);
}
