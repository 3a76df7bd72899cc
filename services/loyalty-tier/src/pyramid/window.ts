import { businessDateOfDay, CodedError, dayNumber, type BusinessDate } from '@regulars/kernel';

/** The days that count; both ends included. Empty where `toDay` is before `fromDay`. */
export interface Window {
  /** As it was asked for: `all`, `12m`, `2026`, `2026-01-01..2026-03-31`. */
  readonly text: string;
  /** Days since 1970-01-01; null: from the beginning. */
  readonly fromDay: number | null;
  /** Never after the as-of date. */
  readonly toDay: number;
}

const unreadable = (why: string): CodedError => new CodedError('pyramid.window', `This is no window: ${why}`);

/** The day number of an as-of date. Throws CodedError `request.invalid`. */
export function parseAsOf(asOf: BusinessDate): number {
  try {
    return dayNumber(asOf);
  } catch {
    throw new CodedError('request.invalid', 'asOf is not a calendar day (YYYY-MM-DD)');
  }
}

/**
 * Reads a window. `all`; `Nm`, the N months up to the as-of date (after the same day N months before, which is the last of its month where
 * that is shorter); `YYYY`, a calendar year; `A..B`, from A to B. All end at the as-of date at the latest. Throws CodedError `pyramid.window`.
 */
export function parseWindow(text: string, asOfDay: number): Window {
  if (text === 'all') return { text, fromDay: null, toDay: asOfDay };
  const months = /^([1-9]\d{0,3})m$/.exec(text);
  if (months) return { text, fromDay: monthsBefore(asOfDay, Number(months[1])) + 1, toDay: asOfDay };
  if (/^\d{4}$/.test(text)) return range(text, `${text}-01-01`, `${text}-12-31`, asOfDay);
  const ends = /^(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})$/.exec(text);
  if (ends) return range(text, ends[1]!, ends[2]!, asOfDay);
  throw unreadable('use all, a number of months such as 12m, a year, or two days such as 2026-01-01..2026-03-31');
}

function range(text: string, from: BusinessDate, to: BusinessDate, asOfDay: number): Window {
  let fromDay: number;
  let toDay: number;
  try {
    fromDay = dayNumber(from);
    toDay = dayNumber(to);
  } catch {
    throw unreadable('both ends must be calendar days (YYYY-MM-DD)');
  }
  if (toDay < fromDay) throw unreadable('it ends before it begins');
  return { text, fromDay, toDay: Math.min(toDay, asOfDay) };
}

const DAY_MS = 86_400_000;

function monthsBefore(day: number, months: number): number {
  const [year, month, dayOfMonth] = businessDateOfDay(day).split('-').map(Number) as [number, number, number];
  const first = Date.UTC(year, month - 1 - months, 1) / DAY_MS;
  const daysInMonth = Date.UTC(year, month - months, 1) / DAY_MS - first;
  return first + Math.min(dayOfMonth, daysInMonth) - 1;
}
