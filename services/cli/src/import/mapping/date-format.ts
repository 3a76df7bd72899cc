import { instantsOfLocalTime } from '@regulars/kernel';
import { Flaw } from './flaw';

const DAY_MS = 86_400_000;

const tokens: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{4})',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{2})',
  D: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{2})',
  H: '(?<hour>\\d{1,2})',
  hh: '(?<hour12>\\d{2})',
  h: '(?<hour12>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
  SSS: '(?<fraction>\\d{1,9})',
  A: '(?<half>[AaPp][Mm])',
};
const tokenPattern = /YYYY|MM|M|DD|D|HH|H|hh|h|mm|ss|SSS|A/g;
const withOffset = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?(Z|[+-]\d{2}:?\d{2})$/;
const isoLocal = compile('YYYY-MM-DDTHH:mm:ss');
const isoLocalMinutes = compile('YYYY-MM-DDTHH:mm');

function compile(pattern: string): RegExp {
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  let source = '';
  let at = 0;
  for (const match of pattern.matchAll(tokenPattern)) {
    source += literal(pattern.slice(at, match.index)) + tokens[match[0]];
    at = match.index + match[0].length;
  }
  return new RegExp(`^${source}${literal(pattern.slice(at))}$`);
}

/**
 * Reads wall-clock times by a pattern (`YYYY-MM-DD HH:mm:ss`, `D/M/YYYY h:mm A`) or, for `iso`, ISO 8601 with or without
 * an offset. The result is ISO 8601 with the offset the zone had. A time that the clocks skipped is a flaw; one that they
 * showed twice means the earlier instant.
 */
export function dateReader(pattern: string): (text: string, timeZone: string) => string | Flaw {
  if (pattern !== 'iso') {
    const expression = compile(pattern);
    return (text, timeZone) => localTime(expression.exec(text), text, timeZone, pattern);
  }
  return (text, timeZone) => {
    const match = withOffset.exec(text);
    if (!match) {
      const normal = text.replace(' ', 'T');
      return localTime(isoLocal.exec(normal) ?? isoLocalMinutes.exec(normal), text, timeZone, 'ISO 8601');
    }
    const offset = match[3] === 'Z' || match[3]?.includes(':') ? match[3] : `${match[3]?.slice(0, 3)}:${match[3]?.slice(3)}`;
    const instant = `${match[1]}T${match[2]}${offset}`;
    return Number.isNaN(Date.parse(instant)) ? new Flaw(`"${text}" is no time`) : instant;
  };
}

function localTime(match: RegExpExecArray | null, text: string, timeZone: string, pattern: string): string | Flaw {
  if (!match?.groups) return new Flaw(`the time "${text}" is not written as ${pattern}`);
  const part = (name: string) => Number(match.groups?.[name] ?? 0);
  const half = match.groups.half?.toLowerCase();
  const hour12 = part('hour12');
  if (match.groups.hour12 !== undefined && (hour12 < 1 || hour12 > 12)) return new Flaw(`"${text}" is no time`);
  const hour = match.groups.hour12 === undefined ? part('hour') : (hour12 % 12) + (half === 'pm' ? 12 : 0);
  const [year, month, day, minute, second] = ['year', 'month', 'day', 'minute', 'second'].map(part) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const localMs = Date.UTC(year, month - 1, day, hour, minute, second);
  const check = new Date(localMs);
  if (check.getUTCMonth() !== month - 1 || check.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
    return new Flaw(`"${text}" is no time`);
  }
  const instant = earliestInstant(localMs, timeZone);
  if (instant === undefined) return new Flaw(`the time "${text}" did not exist in ${timeZone}: the clocks were put forward over it`);
  return `${check.toISOString().slice(0, 19)}${offsetText(localMs - instant)}`;
}

/** Offsets of days on which the clocks of a zone stand still, by zone and day; undefined for days on which they move. */
const steadyOffsets = new Map<string, Map<number, number | undefined>>();

function earliestInstant(localMs: number, timeZone: string): number | undefined {
  let days = steadyOffsets.get(timeZone);
  if (!days || days.size > 20_000) steadyOffsets.set(timeZone, (days = new Map()));
  const day = Math.floor(localMs / DAY_MS);
  if (!days.has(day)) days.set(day, steadyOffset(day * DAY_MS, timeZone));
  const offset = days.get(day);
  return offset === undefined ? instantsOfLocalTime(localMs, timeZone)[0] : localMs - offset;
}

/** The offset at both ends of a day where it is the same: no zone has ever moved its clocks there and back within a day. */
function steadyOffset(dayMs: number, timeZone: string): number | undefined {
  const [start, alsoStart] = instantsOfLocalTime(dayMs, timeZone);
  const [end, alsoEnd] = instantsOfLocalTime(dayMs + DAY_MS, timeZone);
  const isSteady = start !== undefined && end === start + DAY_MS && alsoStart === undefined && alsoEnd === undefined;
  return isSteady ? dayMs - start : undefined;
}

function offsetText(offsetMs: number): string {
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
