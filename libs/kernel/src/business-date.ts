const DAY_MS = 86_400_000;
const SECOND_MS = 1_000;

/** A calendar day in a store's own time zone, `YYYY-MM-DD`. */
export type BusinessDate = string;

/** Days since 1970-01-01 of a business date. Throws RangeError on text that is no calendar day. */
export function dayNumber(date: BusinessDate): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : NaN;
  if (Number.isNaN(ms) || businessDateOfDay(Math.floor(ms / DAY_MS)) !== date) {
    throw new RangeError(`"${date}" is not a calendar day (YYYY-MM-DD)`);
  }
  return ms / DAY_MS;
}

/** The business date of a day number. */
export function businessDateOfDay(day: number): BusinessDate {
  const known = datesOfDays.get(day);
  if (known !== undefined) return known;
  const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
  if (datesOfDays.size >= DATES_REMEMBERED_MAX) datesOfDays.clear();
  datesOfDays.set(day, date);
  return date;
}

/** Some thirty years of days: what a chain's history holds. */
const DATES_REMEMBERED_MAX = 12_000;
const datesOfDays = new Map<number, BusinessDate>();

/** Instead of the offset of a quarter hour in which it changes. */
const CHANGES_WITHIN = NaN;

/**
 * Knows one time zone's offsets, by quarter hours: nearly all changes fall on one. Where one does not (St. John's turned its clocks at
 * a minute past midnight until 2011), the quarter hour around it is computed to the second.
 */
class ZoneOffsets {
  private readonly format: Intl.DateTimeFormat;
  private readonly offsetsMs = new Map<number, number>();

  constructor(timeZone: string) {
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  offsetMs(instantMs: number): number {
    const slot = Math.floor(instantMs / DAY_MS);
    const offset = this.offsetsMs.get(slot) ?? this.remember(slot);
    return Number.isNaN(offset) ? this.compute(Math.floor(instantMs / SECOND_MS) * SECOND_MS) : offset;
  }

  private remember(slot: number): number {
    const first = this.compute(slot * DAY_MS);
    const last = this.compute((slot + 1) * DAY_MS - SECOND_MS);
    const offset = first === last ? first : CHANGES_WITHIN;
    if (this.offsetsMs.size >= 100_000) this.offsetsMs.clear();
    this.offsetsMs.set(slot, offset);
    return offset;
  }

  private compute(instantMs: number): number {
    const parts: Record<string, number> = {};
    for (const { type, value } of this.format.formatToParts(instantMs)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - instantMs;
  }
}

const zones = new Map<string, ZoneOffsets>();

function zone(timeZone: string): ZoneOffsets {
  let offsets = zones.get(timeZone);
  if (!offsets) {
    offsets = new ZoneOffsets(timeZone);
    zones.set(timeZone, offsets);
  }
  return offsets;
}

/** True for an IANA time zone name this machine knows. */
export function isTimeZone(timeZone: string): boolean {
  try {
    zone(timeZone);
    return true;
  } catch {
    return false;
  }
}

/** The calendar day, as a day number, on which an instant falls in a time zone. */
export function dayInZone(instantMs: number, timeZone: string): number {
  return Math.floor((instantMs + zone(timeZone).offsetMs(instantMs)) / DAY_MS);
}

/** The instants that a wall-clock time (milliseconds as if it were UTC) may mean in a zone: none in a DST gap, two in an overlap. */
export function instantsOfLocalTime(localMs: number, timeZone: string): readonly number[] {
  const offsets = zone(timeZone);
  const candidates = [localMs - offsets.offsetMs(localMs - DAY_MS), localMs - offsets.offsetMs(localMs + DAY_MS)];
  return [...new Set(candidates)].filter((instant) => instant + offsets.offsetMs(instant) === localMs).sort((a, b) => a - b);
}
