import { businessDateOfDay, dayNumber } from '@regulars/kernel';
import { demoArticles, demoPlan, type DemoStore, demoStores } from './chain';
import { between, pick, type Random, seededRandom } from './random';

/** One item as a till sends it, and on which day of the demo it arrives. */
export interface DemoItem {
  readonly store: string;
  readonly terminal: string;
  /** Days after the first of the demo on which it reaches the platform: later than it happened where the till was offline. */
  readonly arrivesOnDay: number;
  readonly body: Readonly<Record<string, unknown>>;
}

interface DemoCustomer {
  readonly id: string;
  readonly home: DemoStore;
  /** Receipts a year. */
  readonly visits: number;
  /** Lines on a receipt, about. */
  readonly basket: number;
}

interface Till {
  readonly store: DemoStore;
  readonly terminal: string;
  /** Receipts so far: their number and their sequence. */
  count: number;
  /** Days in which the till is cut off; what it sells then arrives on the day after `to`. */
  readonly offline: { readonly from: number; readonly to: number } | undefined;
}

/**
 * A year of the demo chain, in the order of arrival: few customers buy much and many little, some anonymously; about 4 % of the receipts
 * are returned in part; two tills are offline for weeks; 2 % are sent twice; a handful of claims, one void, and two things for quarantine.
 */
export function simulateDemo(seed: number = demoPlan.seed): DemoItem[] {
  const random = seededRandom(seed);
  const tills = demoTills();
  const customers = Array.from({ length: demoPlan.customers }, (_, index) => demoCustomer(index, random));
  const visits = customers.flatMap((customer) => visitDays(customer, random).map((day) => ({ customer, day })));
  visits.sort((a, b) => a.day - b.day || (a.customer.id < b.customer.id ? -1 : 1));
  const items: DemoItem[] = [];
  for (const { customer, day } of visits) items.push(...receiptAndMore(customer, day, tills, random));
  items.push(...troublesome(items));
  return items.sort((a, b) => a.arrivesOnDay - b.arrivesOnDay);
}

function demoTills(): ReadonlyMap<string, Till[]> {
  const offline: Record<string, Till['offline']> = {
    'hamburg-altona/2': { from: 150, to: 171 },
    'wien-neubau/1': { from: 260, to: 275 },
  };
  const tillsOf = (store: DemoStore): Till[] =>
    store.terminals.map((terminal) => ({ store, terminal, count: 0, offline: offline[`${store.id}/${terminal}`] }));
  return new Map(demoStores.map((store) => [store.id, tillsOf(store)]));
}

function demoCustomer(index: number, random: Random): DemoCustomer {
  // Visits fall with the rank, as in the 20/80 rule: the first tenth comes weekly, the last half once or twice a year.
  const visits = Math.max(1, Math.round(150 / (1 + index / 20)));
  const roll = between(random, 1, 100);
  let sum = 0;
  const home = demoStores.find(({ share }) => (sum += share) >= roll) ?? demoStores[0];
  return {
    id: `M${String(100_001 + ((index * 7_919) % demoPlan.customers))}`,
    home,
    visits,
    basket: between(random, 1, index < 300 ? 5 : 3),
  };
}

function visitDays({ visits }: DemoCustomer, random: Random): number[] {
  return Array.from({ length: visits }, () => between(random, 0, demoPlan.days - 1));
}

function receiptAndMore(customer: DemoCustomer, day: number, tills: ReadonlyMap<string, Till[]>, random: Random): DemoItem[] {
  const store = random() < 0.9 ? customer.home : pick(random, demoStores);
  const till = pick(random, tills.get(store.id) as Till[]);
  const anonymous = random() < 0.12;
  const sale = item(till, day, {
    ...header(till, day, random),
    ...(anonymous ? {} : { customer: customer.id }),
    lines: Array.from({ length: between(random, 1, customer.basket + 1) }, () => line(random)),
  });
  const more: DemoItem[] = [];
  if (random() < 0.02) more.push({ ...sale, arrivesOnDay: sale.arrivesOnDay + between(random, 0, 3) });
  if (random() < 0.04) more.push(returnOf(sale, till, day + between(random, 1, 25), random));
  else if (anonymous && random() < 0.03) more.push(claimOf(sale, customer.id, day + between(random, 1, 20)));
  return [sale, ...more];
}

function header(till: Till, day: number, random: Random) {
  till.count++;
  return {
    store: till.store.id,
    terminal: till.terminal,
    receipt: `${till.store.id.slice(0, 2).toUpperCase()}${till.terminal}-${String(till.count).padStart(6, '0')}`,
    sequence: till.count,
    staff: `staff-${between(random, 1, 4)}`,
    occurredAt: at(day, between(random, 8 * 60, 20 * 60 - 1)),
  };
}

/** Local opening hours as UTC: the demo's stores all lie in zones one or two hours ahead, so the day is the same. */
function at(day: number, minutes: number): string {
  return new Date((dayNumber(demoPlan.firstDay) + day) * 86_400_000 + minutes * 60_000).toISOString();
}

function line(random: Random) {
  const { sku, category, price, cost } = pick(random, demoArticles);
  const quantity = between(random, 1, 3);
  const discount = random() < 0.08 ? Math.trunc((price * quantity) / 10) : 0;
  return {
    sku,
    category,
    quantity,
    unitPrice: price,
    ...(discount > 0 ? { discount } : {}),
    cost: Math.trunc((price * quantity * cost) / 100),
  };
}

function item(till: Till, day: number, body: Record<string, unknown>): DemoItem {
  const { offline } = till;
  const arrivesOnDay = offline && day >= offline.from && day <= offline.to ? offline.to + 1 : day;
  return { store: till.store.id, terminal: till.terminal, arrivesOnDay, body };
}

function keyOf({ body }: DemoItem) {
  const { store, terminal, receipt } = body;
  return { store, terminal, receipt };
}

function returnOf(sale: DemoItem, till: Till, day: number, random: Random): DemoItem {
  const [first] = sale.body['lines'] as { quantity: number }[];
  const returned = [{ line: 1, quantity: between(random, 1, first?.quantity ?? 1) }];
  return item(till, day, { kind: 'return', ...header(till, day, random), of: keyOf(sale), returned });
}

function claimOf(sale: DemoItem, customer: string, day: number): DemoItem {
  const { store, terminal } = sale;
  return { store, terminal, arrivesOnDay: day, body: { kind: 'claim', of: keyOf(sale), customer, occurredAt: at(day, 600) } };
}

/** What a real year brings as well: a receipt number used twice, a weird date, a receipt voided by mistake of the till. */
function troublesome(items: readonly DemoItem[]): DemoItem[] {
  const sales = items.filter(({ body }) => body['kind'] === undefined && Array.isArray(body['lines']));
  const [first, second, third] = [sales[1_000], sales[2_000], sales[3_000]] as [DemoItem, DemoItem, DemoItem];
  const lastDay = demoPlan.days - 1;
  return [
    { ...first, arrivesOnDay: lastDay, body: { ...first.body, staff: 'staff-9' } },
    {
      ...second,
      arrivesOnDay: lastDay,
      body: { ...second.body, receipt: 'CLOCK-1', sequence: undefined, occurredAt: '2099-01-01T10:00:00Z' },
    },
    {
      ...third,
      arrivesOnDay: lastDay,
      body: {
        kind: 'void',
        of: keyOf(third),
        occurredAt: at(lastDay, 900),
        reason: `Rung up twice on ${businessDateOfDay(dayNumber(demoPlan.firstDay) + lastDay)}`,
      },
    },
  ];
}
