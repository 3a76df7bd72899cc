import { createHash } from 'node:crypto';
import type { Entry } from './reference';

/** What the entries amount to: rows as the ledger's digest defines them, contributions and tiers. Plain sums of big integers. */

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const byBytes = (a: string, b: string): number => Buffer.compare(bytes(a), bytes(b));
const add = (map: Map<string, bigint>, key: string, value: bigint): void => void map.set(key, (map.get(key) ?? 0n) + value);

/** Customers with their net contribution, best first; ties by id in UTF-8 bytes. `until`: last business date that counts. */
export function ranked(entries: readonly Entry[], until = '9999-12-31') {
  const amounts = new Map<string, bigint>();
  const visits = new Map<string, bigint>();
  for (const { customer, date, lines, visits: came } of entries) {
    if (customer === null || date > until) continue;
    for (const { net } of lines) add(amounts, customer, net);
    add(amounts, customer, 0n);
    add(visits, customer, came);
  }
  const order = [...amounts].sort(([a, x], [b, y]) => (x > y ? -1 : x < y ? 1 : byBytes(a, b)));
  const reach = (percent: number) => Math.floor((order.length * percent + 50) / 100);
  return order.map(([customer, amount], index) => {
    const tier = index < reach(10) ? 'devoted' : index < reach(25) ? 'steady' : index < reach(60) ? 'floating' : 'trial';
    return { customer, amount: Number(amount), visits: Number(visits.get(customer)), rank: index + 1, tier };
  });
}

/** Heads and amounts of the four groups, and the shares of the best 20 and 25 %. */
export function pyramidOf(order: ReturnType<typeof ranked>) {
  const sum = (of: typeof order) => of.reduce((total, { amount }) => total + BigInt(amount), 0n);
  const total = sum(order);
  const best = (percent: number) => order.slice(0, Math.floor((order.length * percent + 50) / 100));
  const groups = ['devoted', 'steady', 'floating', 'trial'].map((tier) => {
    const members = order.filter((member) => member.tier === tier);
    const visits = members.reduce((sum, member) => sum + member.visits, 0);
    const amount = sum(members);
    return { tier, customers: members.length, amount: Number(amount), amountShare: percent(amount, total), visits };
  });
  return {
    customers: order.length,
    total: Number(total),
    groups,
    top20Share: percent(sum(best(20)), total),
    top25Share: percent(sum(best(25)), total),
  };
}

/** Percent with two decimals, half up; null of nothing. */
function percent(part: bigint, whole: bigint): number | null {
  if (whole === 0n) return null;
  if (whole < 0n) return percent(-part, -whole);
  const scaled = 20_000n * part + whole;
  const floor = scaled / (2n * whole) - (scaled < 0n && scaled % (2n * whole) !== 0n ? 1n : 0n);
  return Number(floor) / 100;
}

const SUMS = ['net', 'returned', 'margin', 'marginKnown', 'entries', 'visits', 'bought'] as const;
type Sums = Record<(typeof SUMS)[number], bigint>;

/** The canonical digest of the ledger as its documentation defines it: SHA-256 of each customer's rows, added modulo 2^256. */
export function ledgerDigest(entries: readonly Entry[]): { digest: string; customers: number; rows: number } {
  const accounts = new Map<string, Map<string, { place: [string, string, string]; sums: Sums }>>();
  for (const entry of entries) {
    if (entry.customer === null) continue;
    const rows = accounts.get(entry.customer) ?? new Map<string, { place: [string, string, string]; sums: Sums }>();
    accounts.set(entry.customer, rows);
    for (const [category, sums] of rowsOf(entry)) {
      const place: [string, string, string] = [entry.date, entry.store, category];
      const row = rows.get(JSON.stringify(place)) ?? { place, sums: zero() };
      for (const name of SUMS) row.sums[name] += sums[name];
      rows.set(JSON.stringify(place), row);
    }
  }
  let digest = 0n;
  let customers = 0;
  let count = 0;
  for (const [customer, all] of accounts) {
    const rows = [...all.values()].filter(({ sums }) => SUMS.some((name) => sums[name] !== 0n));
    if (rows.length === 0) continue;
    rows.sort((a, b) => byBytes(a.place[0], b.place[0]) || byBytes(a.place[1], b.place[1]) || byBytes(a.place[2], b.place[2]));
    const lines = rows.map(({ place: [date, store, category], sums }) => {
      const day = Date.parse(`${date}T00:00:00Z`) / 86_400_000;
      return JSON.stringify([day, store, category === '' ? null : category, ...SUMS.map((name) => Number(sums[name]))]);
    });
    const text = [JSON.stringify(customer), ...lines].map((line) => `${line}\n`).join('');
    digest += BigInt(`0x${createHash('sha256').update(text).digest('hex')}`);
    customers++;
    count += rows.length;
  }
  return { digest: (digest % 2n ** 256n).toString(16).padStart(64, '0'), customers, rows: count };
}

function zero(): Sums {
  return { net: 0n, returned: 0n, margin: 0n, marginKnown: 0n, entries: 0n, visits: 0n, bought: 0n };
}

/** What one receipt did in each category ('' for none): the visit is noted on the least of them. */
function rowsOf({ lines, visits }: Entry): Map<string, Sums> {
  const rows = new Map<string, Sums>();
  for (const { category, quantity, net, cost } of lines) {
    const sums = rows.get(category ?? '') ?? { ...zero(), entries: 1n };
    rows.set(category ?? '', sums);
    sums.net += net;
    if (quantity > 0n) sums.bought = 1n;
    else sums.returned -= net;
    if (cost === null) continue;
    sums.margin += net - cost;
    sums.marginKnown += net;
  }
  const [least] = [...rows.keys()].sort(byBytes);
  if (least !== undefined && visits > 0n) rows.get(least)!.visits = visits;
  return rows;
}
