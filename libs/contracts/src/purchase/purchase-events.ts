import { z } from 'zod';
import { integrationEvent } from '../integration-event';

/** Topic of everything that changes what a customer has bought; keyed by customer (by receipt where there is none). */
export const PURCHASE_TOPIC = 'purchase.events.v1';

const minorUnits = z.int().describe('Integer minor units of the currency (cents, pence)');

/** One line of a receipt, as far as other services need it. */
const soldLine = z.object({
  sku: z.string(),
  category: z.string().nullable(),
  quantity: z.int().describe('Thousandths of the unit; negative where goods came back'),
  net: minorUnits.describe('What was paid for the line after discounts, in minor units; negative where money went back'),
  cost: minorUnits.nullable().describe('Cost of the line in minor units, with the sign of its quantity; null where unknown'),
});

/** What one receipt added to a customer's account, at its own business date. */
export const salesEntry = z.object({
  store: z.string(),
  businessDate: z.iso.date().describe("Calendar day in the store's time zone"),
  visits: z.int().min(0).max(1).describe('1 where something was bought, 0 for a mere return'),
  lines: z.array(soldLine),
});

const change = z.object({
  purchaseId: z.string().describe('UUIDv5 of chain, store, terminal and receipt'),
  customer: z.string().nullable(),
  currency: z.string(),
  entries: z.array(salesEntry),
});

export type SalesEntry = z.infer<typeof salesEntry>;
/** The data shared by all purchase integration events. */
export type PurchaseChange = z.infer<typeof change>;

export const purchaseRecordedV1 = integrationEvent({
  type: 'purchase.recorded.v1',
  topic: PURCHASE_TOPIC,
  summary: 'A receipt was recorded: a sale, an unlinked return or an exchange. Add its entries.',
  schema: change,
});

export const purchaseReturnedV1 = integrationEvent({
  type: 'purchase.returned.v1',
  topic: PURCHASE_TOPIC,
  summary: 'Goods of a recorded receipt came back. Add the entries (they are negative), at the date of the return.',
  schema: change,
});

export const purchaseVoidedV1 = integrationEvent({
  type: 'purchase.voided.v1',
  topic: PURCHASE_TOPIC,
  summary: 'A recorded receipt, or one return on it, was taken back as if it had never been. Subtract its entries.',
  schema: change,
});

export const purchaseClaimedV1 = integrationEvent({
  type: 'purchase.claimed.v1',
  topic: PURCHASE_TOPIC,
  summary: 'An anonymous receipt was claimed by a member, as if it had been theirs from the start. Add all its entries, returns included.',
  schema: change,
});
