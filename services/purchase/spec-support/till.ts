import type { JsonObject } from '@regulars/kernel';
import type { Delivery } from '../src/intake/intake';
import type { IntakeItem } from '../src/intake/read-item';
import type { Store } from '../src/store/events';

export const NOW = '2026-03-10T12:00:00.000Z';
export const BERLIN: Store = {
  store: 's1',
  name: 'Mitte',
  region: 'north',
  timeZone: 'Europe/Berlin',
  currency: 'EUR',
  opened: null,
  closed: null,
};

const key = (receipt: string) => ({ store: 's1', terminal: 't1', receipt });
const header = (receipt: string) => ({ ...key(receipt), occurredAt: '2026-03-01T10:15:00+01:00' });
const bread = { sku: 'BREAD', quantity: 2, unitPrice: 100 };

/** What a till sends: two loaves at 1.00 for customer c1, and what may follow; `change` replaces members. */
export const purchase = (receipt: string, change: JsonObject = {}) => ({ ...header(receipt), customer: 'c1', lines: [bread], ...change });
export const linkedReturn = (receipt: string, of: string, quantity = 1) => ({
  kind: 'return',
  ...header(receipt),
  of: key(of),
  returned: [{ line: 1, quantity }],
});
export const exchange = (receipt: string, of: string) => ({
  kind: 'exchange',
  ...header(receipt),
  customer: 'c1',
  lines: [bread],
  of: key(of),
  returned: [{ line: 1, quantity: 1 }],
});
export const voidOf = (receipt: string) => ({ kind: 'void', of: key(receipt), occurredAt: '2026-03-02T10:00:00+01:00', reason: 'mistake' });
export const claimOf = (receipt: string, customer = 'c9') => ({
  kind: 'claim',
  of: key(receipt),
  customer,
  occurredAt: '2026-03-02T10:00:00+01:00',
});

/** A value as it comes out of a request. */
export const itemOf = (value: unknown): IntakeItem => ({ value, raw: () => JSON.stringify(value) });

/** A delivery by an administrator, unless told. */
export const delivery = (id: string, principal: Delivery['principal'] = { role: 'administrator', stores: '*' }): Delivery => ({
  id,
  principal,
  correlationId: id,
});
