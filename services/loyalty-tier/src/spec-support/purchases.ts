import type { PurchaseChange } from '@regulars/contracts';
import type { SignedChange } from '../contribution/ledger-memory';

/** A receipt with one line; what is not given has a dull value. */
export function sale(
  customer: string | null,
  net: number,
  facts: Partial<{ date: string; store: string; category: string | null; cost: number | null; quantity: number }> = {},
): SignedChange {
  const { date = '2026-03-01', store = 's1', category = null, cost = null, quantity = 1000 } = facts;
  const lines = [{ sku: 'sku', category, quantity, net, cost }];
  const change: PurchaseChange = {
    purchaseId: 'p',
    customer,
    currency: 'EUR',
    entries: [{ store, businessDate: date, visits: quantity > 0 ? 1 : 0, lines }],
  };
  return { sign: 1, change };
}

/** Takes back what a change added. */
export const voided = ({ change }: SignedChange): SignedChange => ({ sign: -1, change });

/** A position that sorts as its number. */
export const position = (n: number): string => String(n).padStart(8, '0');
