import { between, seededRandom, zipf } from './random.mjs';

const SEED = 20_110_914;
const FIRST_DAY = Date.UTC(2025, 0, 1);
const DAY_MS = 86_400_000;
const DAYS = 365;
const STORES = 20;
const TERMINALS = 4;
const ARTICLES = 2_000;
const CATEGORIES = 12;
const RETURNS = 0.04;
/** Spread of a chain's customers: the best fifth buys about half. */
const ZIPF_EXPONENT = 0.8;

/** The day up to which everything is counted; behind the last receipt. */
export const AS_OF = '2026-01-01';

/** The chain's stores, as they are registered. */
export const stores = Array.from({ length: STORES }, (_, index) => ({
  id: `store-${String(index + 1).padStart(2, '0')}`,
  name: `Store ${index + 1}`,
  region: index % 2 === 0 ? 'north' : 'south',
  timeZone: 'Europe/Berlin',
  currency: 'EUR',
}));

/**
 * One year of a chain in order of arrival, the same on every machine: sales of one to four lines, and 4 % linked returns of one whole line of an
 * earlier receipt of the same till. There is one customer to ten receipts. Amounts are minor units; `store` is an index into `stores`.
 *
 * @param {number} count receipts, returns included
 * @param {{linesMin?: number, linesMax?: number}} [options]
 * @returns {Generator<{store: number, terminal: string, receipt: string, sequence: number, at: number, customer: string,
 *   lines: {sku: string, category: string, quantity: number, unitPrice: number, cost: number}[], of?: string, line?: number}>}
 */
export function* receipts(count, { linesMin = 1, linesMax = 4 } = {}) {
  const random = seededRandom(SEED);
  const customers = Math.max(100, Math.floor(count / 10));
  const rank = zipf(random, customers, ZIPF_EXPONENT);
  const tills = Array.from({ length: STORES * TERMINALS }, (_, index) => ({
    store: Math.floor(index / TERMINALS),
    terminal: String((index % TERMINALS) + 1),
    count: 0,
    sold: [],
  }));
  for (let index = 0; index < count; index++) {
    const till = tills[between(random, 0, tills.length - 1)];
    const sequence = ++till.count;
    const day = Math.floor((index * DAYS) / count);
    // Opening hours that lie on the same day in UTC and in the stores' zone.
    const at = FIRST_DAY + day * DAY_MS + between(random, 8 * 3_600, 20 * 3_600) * 1_000;
    const { store, terminal } = till;
    const head = { store, terminal, receipt: `R${String(sequence).padStart(7, '0')}`, sequence, at };
    const back = random() < RETURNS ? till.sold.shift() : undefined;
    if (back) {
      const line = between(random, 1, back.lines.length);
      yield { ...head, customer: back.customer, lines: [back.lines[line - 1]], of: back.receipt, line };
      continue;
    }
    // Ranks are spread over the ids, so that good customers do not have neighbouring numbers.
    const customer = `C${String((rank() * 7_919) % customers).padStart(8, '0')}`;
    const lines = Array.from({ length: between(random, linesMin, linesMax) }, () => soldLine(random));
    const sale = { ...head, customer, lines };
    if (random() < RETURNS * 2 && till.sold.length < 100) till.sold.push(sale);
    yield sale;
  }
}

function soldLine(random) {
  const article = between(random, 0, ARTICLES - 1);
  const unitPrice = 90 + ((article * 7_919) % 4_900);
  const quantity = between(random, 1, 3);
  const cost = Math.floor((unitPrice * quantity * (45 + (article % 20))) / 100);
  return {
    sku: `A${String(article).padStart(5, '0')}`,
    category: `category-${String(article % CATEGORIES).padStart(2, '0')}`,
    quantity,
    unitPrice,
    cost,
  };
}

/** What a receipt brings the chain, minor units: negative where goods came back. */
export function netOf({ lines, of }) {
  const sum = lines.reduce((total, { quantity, unitPrice }) => total + quantity * unitPrice, 0);
  return of === undefined ? sum : -sum;
}

/** A receipt as a till sends it. */
export function intakeItem({ store, terminal, receipt, sequence, at, customer, lines, of, line }) {
  const { id } = stores[store];
  const head = { store: id, terminal, receipt, sequence, staff: 'staff-1', occurredAt: new Date(at).toISOString() };
  return of === undefined
    ? { ...head, customer, lines }
    : { kind: 'return', ...head, of: { store: id, terminal, receipt: of }, returned: [{ line, quantity: lines[0].quantity }] };
}
