import {
  type IntegrationEvent,
  PURCHASE_TOPIC,
  type PurchaseChange,
  purchaseClaimedV1,
  purchaseRecordedV1,
  purchaseReturnedV1,
  purchaseVoidedV1,
  STORE_TOPIC,
  storeChangedV1,
  type StoreFacts,
} from '@regulars/contracts';
import { Poison } from '@regulars/engine';
import { type DeliveredMessage, UNREADABLE_RECORD, type UnreadableRecord } from '@regulars/ports';
import type { SignedChange, StoreRegion } from './contribution/ledger-memory';
import { ledgerRows, type Sign } from './contribution/ledger-rows';

/** The topics the service listens to. */
export const topics: readonly string[] = [PURCHASE_TOPIC, STORE_TOPIC];

/** What each purchase event does to the ledger. */
const SIGNS: Readonly<Record<string, Sign>> = signs([
  [purchaseRecordedV1, 1],
  [purchaseReturnedV1, 1],
  [purchaseClaimedV1, 1],
  [purchaseVoidedV1, -1],
]);

function signs(entries: readonly (readonly [IntegrationEvent, Sign])[]): Record<string, Sign> {
  return Object.fromEntries(entries.map(([{ type }, sign]) => [type, sign]));
}

/** A batch of messages as changes of the ledger. Throws Poison for a type or version nobody here knows: it is parked, not guessed. */
export function ledgerChanges(messages: readonly DeliveredMessage[]): { changes: SignedChange[]; regions: StoreRegion[] } {
  const changes: SignedChange[] = [];
  const regions: StoreRegion[] = [];
  messages.forEach(({ type, data }, index) => {
    const sign = SIGNS[type];
    if (sign !== undefined) changes.push({ sign, change: data as unknown as PurchaseChange });
    else if (type === storeChangedV1.type) regions.push(data as unknown as StoreFacts);
    else if (type === UNREADABLE_RECORD) throw new Poison((data as unknown as UnreadableRecord).reason, index);
    else throw new Poison(`Message type ${type} is not known here`, index);
  });
  return { changes, regions };
}

/** Finds the message of a batch that the ledger cannot hold, after the batch was refused whole. */
export function findPoison(messages: readonly DeliveredMessage[], refusal: RangeError): Error {
  for (const [index, { type, data }] of messages.entries()) {
    const sign = SIGNS[type];
    try {
      if (sign !== undefined) ledgerRows(data as unknown as PurchaseChange, sign);
    } catch (error) {
      return new Poison(error instanceof Error ? error.message : String(error), index);
    }
  }
  return refusal;
}
