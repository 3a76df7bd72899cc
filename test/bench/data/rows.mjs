import { createHash } from 'node:crypto';
import { netOf, receipts, stores } from './receipts.mjs';

const DAY_MS = 86_400_000;

/** A receipt as the integration event that the contribution ledger takes in. */
export function purchaseChange(receipt) {
  const sign = receipt.of === undefined ? 1 : -1;
  const lines = receipt.lines.map(({ sku, category, quantity, unitPrice, cost }) => ({
    sku,
    category,
    quantity: sign * quantity * 1_000,
    net: sign * quantity * unitPrice,
    cost: sign * cost,
  }));
  const businessDate = new Date(receipt.at).toISOString().slice(0, 10);
  const entries = [{ store: stores[receipt.store].id, businessDate, visits: sign === 1 ? 1 : 0, lines }];
  return { purchaseId: receipt.receipt, customer: receipt.customer, currency: 'EUR', entries };
}

/**
 * The rows a ledger must hold, worked out a second time: one for each customer, day, store and category, in the order in which they were
 * first seen. Amounts are minor units, `day` counts from 1970-01-01.
 */
export function ledgerRows(count) {
  const rows = new Map();
  for (const receipt of receipts(count)) {
    const { customer, store, lines } = receipt;
    const day = Math.floor(receipt.at / DAY_MS);
    const sold = receipt.of === undefined;
    const visited = sold ? lines.map(({ category }) => category).sort()[0] : undefined;
    for (const category of new Set(lines.map((line) => line.category))) {
      const key = `${customer}|${day}|${store}|${category}`;
      let row = rows.get(key);
      if (!row) {
        const sums = { net: 0, returned: 0, margin: 0, marginKnown: 0, entries: 0, visits: 0, bought: 0 };
        rows.set(key, (row = { customer, day, store: stores[store].id, category, ...sums }));
      }
      const of = lines.filter((line) => line.category === category);
      const net = netOf({ lines: of, of: receipt.of });
      const cost = of.reduce((sum, line) => sum + line.cost, 0);
      row.net += net;
      row.marginKnown += net;
      row.margin += net - (sold ? cost : -cost);
      row.entries++;
      if (sold) row.bought++;
      else row.returned -= net;
      if (category === visited) row.visits++;
    }
  }
  return rows;
}

/** The canonical digest of such rows, as `GET /v1/digest` states it, with the customers in them. */
export function digestOfRows(rows) {
  const byCustomer = groupByCustomer(rows);
  let sum = 0n;
  for (const [customer, own] of byCustomer) {
    own.sort((a, b) => a.day - b.day || compare(a.store, b.store) || compare(a.category, b.category));
    const lines = own.map((r) =>
      JSON.stringify([r.day, r.store, r.category, r.net, r.returned, r.margin, r.marginKnown, r.entries, r.visits, r.bought]),
    );
    const text = `${JSON.stringify(customer)}\n${lines.map((line) => `${line}\n`).join('')}`;
    sum += BigInt(`0x${createHash('sha256').update(text).digest('hex')}`);
  }
  return { customers: byCustomer.size, digest: (sum % 2n ** 256n).toString(16).padStart(64, '0') };
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

function groupByCustomer(rows) {
  const groups = new Map();
  for (const row of rows) {
    const group = groups.get(row.customer);
    if (group) group.push(row);
    else groups.set(row.customer, [row]);
  }
  return groups;
}
