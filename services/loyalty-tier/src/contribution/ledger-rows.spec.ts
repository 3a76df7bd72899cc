import type { PurchaseChange, SalesEntry } from '@regulars/contracts';
import { ledgerRows } from './ledger-rows';

type Line = SalesEntry['lines'][number];
const line = (net: number, facts: Partial<Line> = {}): Line => ({ sku: 'x', category: null, quantity: 1000, net, cost: null, ...facts });
const change = (lines: Line[], visits: number, customer: string | null = 'c'): PurchaseChange => ({
  purchaseId: 'p',
  customer,
  currency: 'EUR',
  entries: [{ store: 's', businessDate: '1970-01-03', visits, lines }],
});
const zero = { returned: 0, margin: 0, marginKnown: 0, visits: 0 };
const key = { customer: 'c', day: 2, store: 's' };

test('an exchange makes one row for each category: sold, returned, margin where the cost is known, one visit', () => {
  const lines = [
    line(500, { category: 'toys', cost: 300 }),
    line(100, { category: 'toys' }),
    line(-200, { category: 'toys', quantity: -1000, cost: -150 }),
    line(0, { category: 'food' }),
    line(-70, { category: 'books', quantity: -500 }),
  ];
  expect(ledgerRows(change(lines, 1), 1)).toEqual([
    { ...key, category: 'toys', net: 400, returned: 200, margin: 150, marginKnown: 300, entries: 1, visits: 0, bought: 1 },
    { ...key, ...zero, category: 'food', net: 0, entries: 1, bought: 1 },
    { ...key, ...zero, category: 'books', net: -70, returned: 70, entries: 1, visits: 1, bought: 0 },
  ]);
});

test('a void makes the same rows with the opposite sign, whatever the order of the lines', () => {
  const lines = [line(5, { category: 'b' }), line(3, { category: 'a', cost: 1 }), line(-2, { category: 'b', quantity: -1000 })];
  const added = ledgerRows(change(lines, 1), 1);
  const taken = ledgerRows(change([...lines].reverse(), 1), -1);
  for (const row of added) {
    const opposite = taken.find(({ category }) => category === row.category)!;
    for (const measure of ['net', 'returned', 'margin', 'marginKnown', 'entries', 'visits', 'bought'] as const) {
      expect(row[measure] + opposite[measure]).toBe(0);
    }
  }
});

test('a mere return is no visit; nobody makes no rows; a visit without lines still counts', () => {
  expect(ledgerRows(change([line(-9, { quantity: -1000 })], 0), 1)).toMatchObject([
    { net: -9, returned: 9, visits: 0, bought: 0, entries: 1 },
  ]);
  expect(ledgerRows(change([line(9)], 1, null), 1)).toEqual([]);
  expect(ledgerRows(change([], 1), 1)).toMatchObject([{ category: null, net: 0, visits: 1, entries: 1 }]);
  expect(ledgerRows(change([], 0), 1)).toEqual([]);
});
