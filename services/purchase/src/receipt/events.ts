import { z } from 'zod';

/** Events of one receipt (stream `purchase-<id>`). Amounts are positive integers of minor units, quantities thousandths. */
const soldLine = z.object({
  sku: z.string(),
  category: z.string().optional(),
  quantity: z.int(),
  unitPrice: z.union([z.int(), z.string()]),
  discount: z.int().optional(),
  net: z.int(),
  cost: z.int().optional(),
});
const returnedLine = z.object({
  /** Line of the original receipt, from 1. */
  line: z.int(),
  sku: z.string(),
  category: z.string().optional(),
  quantity: z.int(),
  net: z.int(),
  cost: z.int().optional(),
});
const receipt = z.object({
  store: z.string(),
  terminal: z.string(),
  receipt: z.string(),
  sequence: z.int().optional(),
  staff: z.string().optional(),
  /** As the till sent it, with its offset. */
  businessTime: z.string(),
  /** Calendar day in the store's time zone. */
  businessDate: z.string(),
  currency: z.string(),
});

/** A sale, an unlinked return or an exchange, as it was first received. */
export const recordedV1 = receipt.extend({
  purchaseId: z.string(),
  kind: z.enum(['sale', 'return', 'exchange']),
  customer: z.string().optional(),
  lines: z.array(soldLine),
  /** Goods that came back without a link to their receipt. */
  returnedLines: z.array(soldLine).optional(),
  /** The receipt whose goods this exchange took back. */
  exchangeOf: z.string().optional(),
});

/** Goods of this receipt came back, on a receipt of their own. */
export const returnedV1 = receipt.extend({
  purchaseId: z.string(),
  returnId: z.string(),
  exchange: z.boolean(),
  customer: z.string().optional(),
  lines: z.array(returnedLine),
});

/** What a change to someone's account consists of; see contracts. */
export const entryV1 = z.object({
  store: z.string(),
  businessDate: z.string(),
  visits: z.int(),
  lines: z.array(z.object({ sku: z.string(), category: z.string().nullable(), quantity: z.int(), net: z.int(), cost: z.int().nullable() })),
});

/** A return on this receipt was taken back. */
export const returnWithdrawnV1 = z.object({
  purchaseId: z.string(),
  returnId: z.string(),
  /** True where it was not accepted after all: another receipt took its number in the same instant. */
  numberTaken: z.boolean().optional(),
  exchange: z.boolean().optional(),
  customer: z.string().optional(),
  currency: z.string(),
  entries: z.array(entryV1),
});

/** Written in the stream of a return's own receipt: the number is taken, the goods are booked at their purchase. */
export const returnNotedV1 = z.object({ returnId: z.string(), purchaseId: z.string(), store: z.string(), currency: z.string() });

/** The receipt was taken back whole. */
export const voidedV1 = z.object({
  purchaseId: z.string(),
  store: z.string(),
  businessDate: z.string(),
  reason: z.string(),
  staff: z.string().optional(),
  customer: z.string().optional(),
  currency: z.string(),
  entries: z.array(entryV1),
});

/** The receipt, anonymous until now, belongs to a member from its start. */
export const claimedV1 = z.object({
  purchaseId: z.string(),
  store: z.string(),
  businessDate: z.string(),
  customer: z.string(),
  staff: z.string().optional(),
  currency: z.string(),
  entries: z.array(entryV1),
});

/** Stored name → form. The only declaration of this aggregate's events. */
export const receiptEvents = {
  'purchase.recorded.v1': recordedV1,
  'purchase.returned.v1': returnedV1,
  'purchase.return-withdrawn.v1': returnWithdrawnV1,
  'purchase.return-noted.v1': returnNotedV1,
  'purchase.voided.v1': voidedV1,
  'purchase.claimed.v1': claimedV1,
} as const;

export type Recorded = z.infer<typeof recordedV1>;
export type Returned = z.infer<typeof returnedV1>;
export type SoldLine = z.infer<typeof soldLine>;
export type ReturnedLine = z.infer<typeof returnedLine>;
export type Entry = z.infer<typeof entryV1>;

/** Every event of a receipt, as a union over its stored name. */
export type ReceiptEvent = {
  [Type in keyof typeof receiptEvents]: {
    readonly type: Type;
    readonly id: string;
    readonly occurredAt: string;
    readonly data: z.infer<(typeof receiptEvents)[Type]>;
  };
}[keyof typeof receiptEvents];
