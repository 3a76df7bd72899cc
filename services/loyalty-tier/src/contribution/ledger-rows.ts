import type { PurchaseChange, SalesEntry } from '@regulars/contracts';
import { dayNumber } from '@regulars/kernel';

/** Amounts of one row of the ledger lie within ± this many minor units; a receipt beyond it is a typing error, not a purchase. */
export const ROW_AMOUNT_MAX = 10_000_000_000_000;
/** Last day the ledger can hold (days since 1970-01-01): 2149-06-06. */
export const DAY_MAX = 65_535;

/** 1 adds a change (recorded, returned, claimed), −1 takes it back (voided). */
export type Sign = 1 | -1;

/** The sums a row carries. All are linear: rows of equal key add up, and a void cancels what it voids. */
export interface RowSums {
  /** Sold less returned, minor units. */
  readonly net: number;
  /** What went back for goods that came back, minor units, positive. Sold is `net + returned`. */
  readonly returned: number;
  /** Net less cost over the lines whose cost is known, minor units. */
  readonly margin: number;
  /** Net of the lines whose cost is known, minor units. */
  readonly marginKnown: number;
  /** 1 for each receipt entry that touched the category: who has any is present. */
  readonly entries: number;
  /** Visits to the store; on one row of each receipt only, so that it adds up over categories. */
  readonly visits: number;
  /** Visits that bought in this category. */
  readonly bought: number;
}

/** What one receipt entry did in one category. */
export interface LedgerRow extends RowSums {
  readonly customer: string;
  /** Days since 1970-01-01, of the business date. */
  readonly day: number;
  readonly store: string;
  readonly category: string | null;
}

const daysRemembered = new Map<string, number>();

function dayOf(date: string): number {
  const known = daysRemembered.get(date);
  if (known !== undefined) return known;
  const day = dayNumber(date);
  if (day < 0 || day > DAY_MAX) throw new RangeError(`business date ${date} lies outside 1970-01-01..2149-06-06`);
  if (daysRemembered.size >= 10_000) daysRemembered.clear();
  daysRemembered.set(date, day);
  return day;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function amount(value: number): number {
  if (!Number.isInteger(value) || Math.abs(value) > ROW_AMOUNT_MAX) {
    throw new RangeError(`an amount of a receipt is no integer within ±${ROW_AMOUNT_MAX} minor units`);
  }
  return value;
}

function rowsOfEntry(customer: string, entry: SalesEntry, sign: Sign, rows: LedgerRow[]): void {
  const day = dayOf(entry.businessDate);
  const first = rows.length;
  const rowOf = (category: string | null): Mutable<LedgerRow> => {
    for (let i = first; i < rows.length; i++) if (rows[i]!.category === category) return rows[i]!;
    const sums = { net: 0, returned: 0, margin: 0, marginKnown: 0, entries: sign, visits: 0, bought: 0 };
    const row = { customer, day, store: entry.store, category, ...sums };
    rows.push(row);
    return row;
  };
  for (const line of entry.lines) {
    const row = rowOf(line.category);
    row.net = amount(row.net + sign * line.net);
    if (line.quantity > 0) row.bought = sign;
    else row.returned = amount(row.returned - sign * line.net);
    if (line.cost === null) continue;
    row.margin = amount(row.margin + sign * (line.net - line.cost));
    row.marginKnown = amount(row.marginKnown + sign * line.net);
  }
  if (entry.visits === 0) return;
  // On the least category and not the first line's, so that the order of lines cannot matter.
  let least: Mutable<LedgerRow> = first < rows.length ? rows[first]! : rowOf(null);
  for (let i = first + 1; i < rows.length; i++) if ((rows[i]!.category ?? '') < (least.category ?? '')) least = rows[i]!;
  least.visits = sign * entry.visits;
}

/**
 * The rows of the ledger that follow from a change: one for each entry and category; none for a purchase without a customer.
 * Throws RangeError on a date outside 1970-01-01..2149-06-06 or an amount beyond `ROW_AMOUNT_MAX`.
 */
export function ledgerRows(change: PurchaseChange, sign: Sign): LedgerRow[] {
  const rows: LedgerRow[] = [];
  if (change.customer === null) return rows;
  for (const entry of change.entries) rowsOfEntry(change.customer, entry, sign, rows);
  return rows;
}
