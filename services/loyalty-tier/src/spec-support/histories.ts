import * as fc from 'fast-check';
import type { PurchaseChange } from '@regulars/contracts';
import type { SignedChange } from '../contribution/ledger-memory';

/** Random histories for specs: few names and small amounts, so that ties, cancelling and repeats are common, and now and then huge ones. */

const CUSTOMERS = ['a', 'aa', 'b', '9', '10', 'é', 'ﬀ', '客', '𝒳', 'Z', 'z', 'c-1', 'c-10', 'c-2', 'x'.repeat(64)];
export const STORES = ['s1', 's10', 's2', 'ü'];
export const CATEGORIES = ['food', 'toys', 'é', 'fo'];
export const DATES = [
  '1970-01-01',
  '2023-02-28',
  '2024-02-28',
  '2024-02-29',
  '2024-03-31',
  '2024-12-31',
  '2025-01-01',
  '2025-02-28',
  '2149-06-06',
];

const amount = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: -3, max: 12 }) },
  { weight: 2, arbitrary: fc.integer({ min: -3_000_000_000, max: 5_000_000_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(2 ** 31, 2 ** 31 - 1, -(2 ** 31), 900_000_000_000) },
);

const line = fc.record({
  sku: fc.constant('sku'),
  category: fc.option(fc.constantFrom(...CATEGORIES), { nil: null }),
  quantity: fc.constantFrom(1000, 1000, 2000, -1000),
  net: amount,
  cost: fc.option(amount, { nil: null }),
});

const entry = fc.record({
  store: fc.constantFrom(...STORES),
  businessDate: fc.constantFrom(...DATES),
  visits: fc.integer({ min: 0, max: 1 }),
  lines: fc.array(line, { maxLength: 4 }),
});

const change: fc.Arbitrary<PurchaseChange> = fc.record({
  purchaseId: fc.uuid(),
  customer: fc.option(fc.constantFrom(...CUSTOMERS), { nil: null, freq: 12 }),
  currency: fc.constant('EUR'),
  entries: fc.array(entry, { minLength: 1, maxLength: 2 }),
});

/** Receipts, some of them voided; in no particular order. */
export const history: fc.Arbitrary<SignedChange[]> = fc
  .array(fc.record({ change, voided: fc.boolean() }), { maxLength: 40 })
  .map((receipts) =>
    receipts.flatMap(({ change, voided }) => [
      { sign: 1 as const, change },
      ...(voided && change.purchaseId < '8' ? [{ sign: -1 as const, change }] : []),
    ]),
  );
