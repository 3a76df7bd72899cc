import fc from 'fast-check';
import { businessDateOfDay, dayInZone, dayNumber, instantsOfLocalTime, isTimeZone } from './business-date';

const dateIn = (instant: string, timeZone: string) => businessDateOfDay(dayInZone(Date.parse(instant), timeZone));
const instantsOf = (local: string, timeZone: string) =>
  instantsOfLocalTime(Date.parse(`${local}Z`), timeZone).map((instant) => new Date(instant).toISOString());

describe('a business date', () => {
  it.each([
    ['1970-01-01', 0],
    ['1969-12-31', -1],
    ['1900-03-01', -25_508],
    ['2000-02-29', 11_016],
    ['2024-02-29', 19_782],
    ['2024-03-01', 19_783],
  ])('%s is day %i', (date, day) => {
    expect(dayNumber(date)).toBe(day);
    expect(businessDateOfDay(day)).toBe(date);
  });

  it('comes back from its day number, before 1970 as well', () => {
    fc.assert(
      fc.property(fc.integer({ min: -700_000, max: 2_900_000 }), (day) => {
        expect(dayNumber(businessDateOfDay(day))).toBe(day);
      }),
    );
  });

  it.each([
    '',
    '2023-02-29',
    '1900-02-29',
    '2024-02-30',
    '2024-13-01',
    '2024-00-10',
    '2024-1-1',
    '24-01-01',
    '2024-01-01T00:00:00Z',
    ' 2024-01-01',
  ])('%j is none', (text) => {
    expect(() => dayNumber(text)).toThrow(RangeError);
  });
});

describe('the day of an instant in a zone', () => {
  it.each([
    ['winter ends in Berlin at its own midnight', '2026-03-28T22:59:59.999Z', 'Europe/Berlin', '2026-03-28'],
    ['and the short day begins', '2026-03-28T23:00:00Z', 'Europe/Berlin', '2026-03-29'],
    ['which lasts 23 hours', '2026-03-29T21:59:59Z', 'Europe/Berlin', '2026-03-29'],
    ['until summer time’s midnight', '2026-03-29T22:00:00Z', 'Europe/Berlin', '2026-03-30'],
    ['the long day lasts 25 hours', '2026-10-25T22:59:59Z', 'Europe/Berlin', '2026-10-25'],
    ['until winter’s midnight', '2026-10-25T23:00:00Z', 'Europe/Berlin', '2026-10-26'],
    ['Shanghai is ahead', '2024-02-28T16:00:00Z', 'Asia/Shanghai', '2024-02-29'],
    ['had summer time once', '1988-07-01T15:00:00Z', 'Asia/Shanghai', '1988-07-02'],
    ['St. John’s is half an hour off', '2026-01-15T03:29:59Z', 'America/St_Johns', '2026-01-14'],
    ['to the minute', '2026-01-15T03:30:00Z', 'America/St_Johns', '2026-01-15'],
    ['also in summer', '2026-07-15T02:30:00Z', 'America/St_Johns', '2026-07-15'],
    ['and turned its clocks back a minute after midnight', '2010-11-07T02:30:59Z', 'America/St_Johns', '2010-11-07'],
    ['which was the day before again', '2010-11-07T02:31:00Z', 'America/St_Johns', '2010-11-06'],
    ['for an hour', '2010-11-07T03:29:59.999Z', 'America/St_Johns', '2010-11-06'],
    ['before 1970', '1969-12-31T23:00:00Z', 'Europe/Berlin', '1970-01-01'],
  ])('%s: %s in %s is %s', (_what, instant, timeZone, date) => {
    expect(dateIn(instant, timeZone)).toBe(date);
  });

  it('is what the calendar of the zone says, at any moment', () => {
    const zones = ['Europe/Berlin', 'Asia/Shanghai', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Apia', 'Australia/Lord_Howe'];
    const calendars = new Map(zones.map((timeZone) => [timeZone, new Intl.DateTimeFormat('sv-SE', { timeZone })]));
    const moment = fc.integer({ min: Date.parse('1975-01-01'), max: Date.parse('2035-01-01') });
    fc.assert(
      fc.property(moment, fc.constantFrom(...zones), (instantMs, timeZone) => {
        expect(businessDateOfDay(dayInZone(instantMs, timeZone))).toBe(calendars.get(timeZone)?.format(instantMs));
      }),
      { numRuns: 300 },
    );
  });

  it('needs a zone that is known', () => {
    expect(isTimeZone('America/St_Johns')).toBe(true);
    expect(isTimeZone('Mars/Olympus_Mons')).toBe(false);
    expect(isTimeZone('')).toBe(false);
  });
});

describe('a wall-clock time', () => {
  it.each([
    ['means one instant mostly', '2026-07-01T12:00:00', 'Europe/Berlin', ['2026-07-01T10:00:00.000Z']],
    ['means none in a gap', '2026-03-29T02:30:00', 'Europe/Berlin', []],
    ['means one just before a gap', '2026-03-29T01:59:59', 'Europe/Berlin', ['2026-03-29T00:59:59.000Z']],
    ['means one just behind a gap', '2026-03-29T03:00:00', 'Europe/Berlin', ['2026-03-29T01:00:00.000Z']],
    ['means two in an overlap', '2026-10-25T02:30:00', 'Europe/Berlin', ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z']],
    ['means one where clocks stand still', '2026-03-29T02:30:00', 'Asia/Shanghai', ['2026-03-28T18:30:00.000Z']],
    ['falls into St. John’s gap', '2026-03-08T02:15:00', 'America/St_Johns', []],
    ['and its overlap', '2026-11-01T01:15:00', 'America/St_Johns', ['2026-11-01T03:45:00.000Z', '2026-11-01T04:45:00.000Z']],
    ['and its overlap of old', '2010-11-06T23:05:00', 'America/St_Johns', ['2010-11-07T01:35:00.000Z', '2010-11-07T02:35:00.000Z']],
    ['is missing on a day that was left out', '2011-12-30T12:00:00', 'Pacific/Apia', []],
  ])('%s: %s in %s', (_what, local, timeZone, instants) => {
    expect(instantsOf(local, timeZone)).toEqual(instants);
  });
});
