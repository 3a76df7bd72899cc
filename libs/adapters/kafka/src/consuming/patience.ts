import type { Admin, Kafka } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { asAdmin } from '../connection/client';
import { isPassing, reasonOf } from '../connection/errors';
import type { KafkaTimings } from '../connection/options';
import type { Troubles } from '../connection/troubles';

/** What asking with patience needs. */
export interface PatienceOptions {
  readonly kafka: Kafka;
  readonly timings: KafkaTimings;
  readonly troubles: Troubles;
  /** Under which name an absent Kafka is reported. */
  readonly part: string;
  readonly stopped: AbortSignal;
}

/** Waits, or until it is stopped. */
export async function pause(milliseconds: number, stopped: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal: stopped }).catch(() => undefined);
}

/** Asks Kafka until it answers, with growing pauses; undefined when nobody needs the answer any more. Throws what no patience helps against. */
export async function askPatiently<T>(
  { kafka, timings, troubles, part, stopped }: PatienceOptions,
  needed: () => boolean,
  ask: (admin: Admin) => Promise<T>,
): Promise<T | undefined> {
  for (let waitMs = timings.retryFirstMs; needed() && !stopped.aborted; waitMs = Math.min(waitMs * 2, timings.retryMostMs)) {
    try {
      const answer = await asAdmin(kafka, ask);
      troubles.clear(part);
      return answer;
    } catch (error) {
      if (!isPassing(error)) throw error;
      troubles.set(part, reasonOf(error));
      await pause(waitMs, stopped);
    }
  }
  return undefined;
}
