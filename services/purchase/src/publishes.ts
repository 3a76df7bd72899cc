import { purchaseClaimedV1, purchaseRecordedV1, purchaseReturnedV1, purchaseVoidedV1, storeChangedV1 } from '@regulars/contracts';
import type { IntegrationEvent, PurchaseChange } from '@regulars/contracts';
import type { JsonObject, StoredEvent } from '@regulars/kernel';
import type { Message } from '@regulars/ports';
import { entryOfRecorded, entryOfReturned } from './receipt/entries';
import type { ReceiptEvent } from './receipt/events';
import type { StoreEvent } from './store/events';

/** What the purchase service tells the others: its domain events as integration events. Everything else stays inside. */
export function publishes(event: StoredEvent): readonly Message[] {
  const known = event as unknown as (ReceiptEvent | StoreEvent) & StoredEvent;
  switch (known.type) {
    case 'purchase.recorded.v1': {
      const { purchaseId, customer, currency } = known.data;
      return change(event, purchaseRecordedV1, { purchaseId, customer, currency, entries: [entryOfRecorded(known.data)] });
    }
    case 'purchase.returned.v1': {
      const { purchaseId, customer, currency } = known.data;
      return change(event, purchaseReturnedV1, { purchaseId, customer, currency, entries: [entryOfReturned(known.data)] });
    }
    case 'purchase.return-withdrawn.v1':
      return change(event, purchaseVoidedV1, known.data);
    case 'purchase.voided.v1':
      // The receipt of a linked return has no entries of its own: they were withdrawn at its purchase.
      return known.data.entries.length > 0 ? change(event, purchaseVoidedV1, known.data) : [];
    case 'purchase.claimed.v1':
      return change(event, purchaseClaimedV1, known.data);
    case 'store.registered.v1':
    case 'store.changed.v1':
      return [message(event, storeChangedV1, known.data.store, known.data)];
    default:
      return [];
  }
}

type Change = Omit<PurchaseChange, 'customer'> & { readonly customer?: string | undefined };

function change(
  event: StoredEvent,
  contract: IntegrationEvent,
  { purchaseId, customer = undefined, currency, entries }: Change,
): Message[] {
  return [message(event, contract, customer ?? purchaseId, { purchaseId, customer: customer ?? null, currency, entries })];
}

function message(event: StoredEvent, { type, topic }: IntegrationEvent, key: string, data: JsonObject): Message {
  const { id, occurredAt, chain, store, correlationId, traceparent } = event;
  return { id, type, topic, key, occurredAt, chain, store, correlationId, causationId: id, traceparent, data };
}
