import { z } from 'zod';

/**
 * What tills and stores send: the one schema for HTTP, NDJSON, CSV import and the intake topic.
 * Amounts are integers of minor units, quantities numbers of units with at most three decimals.
 */
/** The length is in the pattern, and ASCII comes first: one check for what is looked at most often on the way in. */
const idPattern = (max: number) =>
  new RegExp(`^(?=.{1,${max}}$)(?:[A-Za-z0-9._:/#@+-]+|[\\p{L}\\p{N}._:/#@+-]+(?: [\\p{L}\\p{N}._:/#@+-]+)*)$`, 'u');
const id = (what: string, max = 64) =>
  z.string().regex(idPattern(max), `1 to ${max} letters, digits, single spaces and . _ : / # @ + - only`).describe(what);

const minorUnits = z.int().min(0).max(1_000_000_000_000);
/** A number of units with at most three decimals: 2, or 0.456 for weighed goods. */
const quantity = z
  .number()
  .positive()
  .max(1_000_000)
  .refine((value) => Math.round(value * 1000) / 1000 === value, 'at most three decimals')
  .describe('Units, with at most three decimals');

/** Business time with its offset: `2026-03-01T10:15:00+01:00`. */
const businessTime = z.iso.datetime({ offset: true }).max(40).describe('Business time, ISO 8601 with offset or Z');

const terminalKey = {
  store: id('Store id'),
  terminal: id('Terminal id within the store'),
};
/** The natural key of a receipt within its chain. */
export const receiptKey = z.strictObject({ ...terminalKey, receipt: id('Receipt number within the terminal') });

const line = z.strictObject({
  sku: id('Article', 100),
  category: id('Product category', 100).optional(),
  quantity,
  unitPrice: z
    .union([minorUnits, z.string().regex(/^\d{1,15}(\.\d{1,4})?$/, 'a decimal of minor units with at most four decimals')])
    .describe('Price of one unit in minor units; as decimal text where it is finer than a minor unit ("295.5")'),
  discount: minorUnits.optional().describe('Taken off the whole line, in minor units'),
  net: minorUnits
    .optional()
    .describe('Paid for the line, in minor units; default: unitPrice × quantity rounded half away from zero, less discount'),
  cost: minorUnits.optional().describe('Cost of the whole line, in minor units'),
});

const header = {
  ...receiptKey.shape,
  sequence: z.int().min(0).max(4_294_967_295).optional().describe('Running number of the terminal; gaps are reported'),
  staff: id('Staff id').optional(),
  occurredAt: businessTime,
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional()
    .describe('ISO 4217; default: the currency of the store'),
};
const lines = z.array(line).min(1).max(1_000);
const customer = id('Customer id').nullable().optional().describe('Nobody where absent or null');

/** A sale. */
export const purchaseIntake = z.strictObject({ ...header, customer, lines });

const returnedLine = z.strictObject({
  line: z.int().min(1).max(1_000).describe('Line of the original receipt, from 1'),
  quantity,
  net: minorUnits.optional().describe('Refunded, in minor units; default: the same share of what was paid'),
});

/** A return: linked to its receipt (`of` and `returned`), or unlinked (`lines`, amounts positive). */
export const returnIntake = z.union([
  z.strictObject({ ...header, of: receiptKey, returned: z.array(returnedLine).min(1).max(1_000) }),
  z.strictObject({ ...header, customer, lines }),
]);

/** Goods back and other goods out on one receipt; what comes back is linked (`of`, `returned`) or listed in `returnedLines`. */
export const exchangeIntake = z.union([
  z.strictObject({ ...header, customer, lines, of: receiptKey, returned: z.array(returnedLine).min(1).max(1_000) }),
  z.strictObject({ ...header, customer, lines, returnedLines: lines }),
]);

/** Takes a whole receipt back, as if it had never been. */
export const voidIntake = z.strictObject({
  of: receiptKey,
  occurredAt: businessTime,
  staff: id('Staff id').optional(),
  reason: z.string().min(1).max(500),
});

/** Gives an anonymous receipt to a member. */
export const claimIntake = z.strictObject({
  of: receiptKey,
  customer: id('Customer id'),
  occurredAt: businessTime,
  staff: id('Staff id').optional(),
});

/** What an item of a batch, a stream or the intake topic may be; a mere purchase needs no `kind`. */
export const intakeKinds = {
  purchase: purchaseIntake,
  return: returnIntake,
  exchange: exchangeIntake,
  void: voidIntake,
  claim: claimIntake,
} as const;

export type IntakeKind = keyof typeof intakeKinds;
export type ReceiptKey = z.infer<typeof receiptKey>;
export type PurchaseIntake = z.infer<typeof purchaseIntake>;
export type ReturnIntake = z.infer<typeof returnIntake>;
export type ExchangeIntake = z.infer<typeof exchangeIntake>;
export type VoidIntake = z.infer<typeof voidIntake>;
export type ClaimIntake = z.infer<typeof claimIntake>;
export type LineIntake = z.infer<typeof line>;
export type ReturnedLineIntake = z.infer<typeof returnedLine>;

/** What the platform answers for one item. */
export const intakeResult = z.object({
  index: z.int().describe('Place of the item in the batch or stream, from 0'),
  outcome: z.enum(['accepted', 'duplicate', 'quarantined']),
  purchaseId: z.string().optional(),
  quarantineId: z.string().optional(),
  code: z.string().optional().describe('Why it was quarantined: an error code'),
  detail: z.string().optional(),
});
export type IntakeResult = z.infer<typeof intakeResult>;
