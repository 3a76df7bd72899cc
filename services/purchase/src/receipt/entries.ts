import type { Entry, Recorded, Returned, SoldLine } from './events';

/** What a recorded receipt adds to an account: sold lines positive, unlinked returns negative. */
export function entryOfRecorded(recorded: Recorded): Entry {
  const sold = recorded.lines.map((line) => entryLine(line, 1));
  const returned = (recorded.returnedLines ?? []).map((line) => entryLine(line, -1));
  const { store, businessDate } = recorded;
  return { store, businessDate, visits: sold.length > 0 ? 1 : 0, lines: [...sold, ...returned] };
}

/** What a linked return adds to an account: all negative, at the return's own store and date. */
export function entryOfReturned({ store, businessDate, lines }: Returned): Entry {
  return { store, businessDate, visits: 0, lines: lines.map((line) => entryLine(line, -1)) };
}

function entryLine({ sku, category, quantity, net, cost }: Pick<SoldLine, 'sku' | 'category' | 'quantity' | 'net' | 'cost'>, sign: 1 | -1) {
  return { sku, category: category ?? null, quantity: sign * quantity, net: sign * net, cost: cost === undefined ? null : sign * cost };
}
