import { createHash } from 'node:crypto';
import { canonicalJson, type JsonObject, type StoredEvent } from '@regulars/kernel';
import { z } from 'zod';

const text = z.string();

/** One line of an exported log: an event without its position, which is the store's own. */
export const transferredEvent = z.strictObject({
  streamId: text,
  revision: z.int().min(0),
  id: text,
  type: text,
  occurredAt: text,
  /** When the former store took it; the new one notes its own time. */
  recordedAt: text,
  chain: text,
  store: text.optional(),
  correlationId: text,
  causationId: text.optional(),
  traceparent: text.optional(),
  data: z.record(text, z.unknown()),
});

export type TransferredEvent = z.infer<typeof transferredEvent> & { readonly data: JsonObject };

/** An event of a store as a line's content. */
export function toTransfer({ position: _, ...event }: StoredEvent): TransferredEvent {
  return event;
}

/**
 * Digest of a set of events: the sum modulo 2^256 of one SHA-256 for each, over its canonical JSON without position and `recordedAt`. Two
 * stores with the same events in the same streams have the same digest, whatever the order between streams.
 */
export class EventsDigest {
  private sum = 0n;
  private counted = 0;

  add(event: Omit<TransferredEvent, 'recordedAt'> & { readonly recordedAt?: string; readonly position?: string }): void {
    const { position: _, recordedAt: __, ...facts } = event;
    const hash = createHash('sha256').update(canonicalJson(facts)).digest('hex');
    this.sum = (this.sum + BigInt(`0x${hash}`)) % 2n ** 256n;
    this.counted++;
  }

  /** Events added so far. */
  get events(): number {
    return this.counted;
  }

  /** 64 hexadecimal digits. */
  hex(): string {
    return this.sum.toString(16).padStart(64, '0');
  }
}
