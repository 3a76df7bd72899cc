import type { JsonObject } from '@regulars/kernel';
import { type DeliveredMessage, UNREADABLE_RECORD, type UnreadableRecord } from '@regulars/ports';
import type { DeadLetter, DeadLetters } from '../dead-letters/dead-letters';
import { LOG_SOURCE, Poison } from '../projections/projection';
import type { RedriveOutcome } from '../projections/parking-intake';
import { type BackOff, backOffMs, waitUnless } from './back-off';
import type { Slots } from './keyed-lanes';

/** What handling a message takes. */
export interface MessageIntakeOptions {
  /** The name parked messages are kept under: the consumer group. */
  readonly group: string;
  /**
   * Handles one message; may get the same one again. Ends in one of three ways: it resolves, it throws `Poison` (or what `isPoison` says
   * can never pass) and the message is parked, or it throws anything else and is called again.
   */
  readonly handle: (message: DeliveredMessage) => Promise<void>;
  /** Why a message can never be handled (a type without a handler, data that break their contract); undefined where it can. */
  readonly refuse?: ((message: DeliveredMessage) => string | undefined) | undefined;
  /** Whether an error can never pass; `Poison` never can. */
  readonly isPoison?: ((error: unknown) => boolean) | undefined;
  readonly deadLetters: DeadLetters;
  /** A number from 0 up to 1, for the jitter of delays. */
  readonly random: () => number;
  /** Attempts at one message before its source has to wait. */
  readonly attemptsMax: number;
  readonly retry: BackOff;
  /** Told the reason why a message was parked. */
  readonly onParked: (message: DeliveredMessage, reason: string) => void;
}

/** Thrown where the consumption stops before a message was handled. */
export class Stopped extends Error {}

/** Brings single messages to one of their ends: handled, or parked durably with what follows for the key. */
export class MessageIntake {
  constructor(
    private readonly options: MessageIntakeOptions,
    private readonly slots: Slots,
    private readonly stopped: AbortSignal,
  ) {}

  /** Resolves when the message is handled or parked. Rejects with `Stopped`, or the fault that did not pass. */
  async take(message: DeliveredMessage): Promise<void> {
    for (let failures = 0; ;) {
      if (this.stopped.aborted) throw new Stopped();
      try {
        return await this.slots.use(() => this.attempt(message));
      } catch (error) {
        if (++failures >= this.options.attemptsMax) throw error;
      }
      // Its place is free for others while it waits.
      await waitUnless(this.stopped, backOffMs(this.options.retry, failures, this.options.random));
    }
  }

  /** Handles what is parked of a key on one source again, oldest first; stops at the first that fails again. */
  async redrive(letters: readonly DeadLetter[]): Promise<RedriveOutcome> {
    let redriven = 0;
    for (const letter of letters) {
      try {
        const message = letter.item as unknown as DeliveredMessage;
        const refusal = this.refusalOf(message);
        if (refusal !== undefined) throw new Poison(refusal);
        await this.slots.use(() => this.options.handle(message));
      } catch (error) {
        const failed = reasonOf(error);
        await this.options.deadLetters.failAgain(letter, failed);
        return { redriven, failed };
      }
      await this.options.deadLetters.settle(letter);
      redriven++;
    }
    return { redriven };
  }

  private async attempt(message: DeliveredMessage): Promise<void> {
    if (await this.isBlocked(message)) return this.park(message, 'waits behind a parked message of its key');
    const refusal = this.refusalOf(message);
    if (refusal !== undefined) return this.park(message, refusal);
    try {
      await this.options.handle(message);
    } catch (error) {
      if (!(error instanceof Poison) && !this.options.isPoison?.(error)) throw error;
      await this.park(message, reasonOf(error));
    }
  }

  private refusalOf(message: DeliveredMessage): string | undefined {
    if (message.type === UNREADABLE_RECORD) return (message.data as UnreadableRecord).reason;
    return this.options.refuse?.(message);
  }

  private isBlocked({ key, position, source }: DeliveredMessage): Promise<boolean> {
    return this.options.deadLetters.stillBlocks(this.options.group, key, position, partition(source));
  }

  private async park(message: DeliveredMessage, reason: string): Promise<void> {
    const { id, key, type, position } = message;
    const source = partition(message.source);
    const item = message as unknown as JsonObject;
    const letter = { consumer: this.options.group, key, itemId: id, type, position, reason, item };
    await this.options.deadLetters.park(source === undefined ? letter : { ...letter, source });
    this.options.onParked(message, reason);
  }
}

/** The reason of a fault or a parked message. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function partition(source: string): string | undefined {
  return source === LOG_SOURCE ? undefined : source;
}
