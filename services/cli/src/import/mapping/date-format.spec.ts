import { instantsOfLocalTime } from '@regulars/kernel';
import { dateReader } from './date-format';
import { Flaw } from './flaw';

const read = (pattern: string, text: string, zone = 'Europe/London') => {
  const value = dateReader(pattern)(text, zone);
  return value instanceof Flaw ? `flaw: ${value.reason}` : value;
};

describe('times', () => {
  it.each([
    ['YYYY-MM-DD HH:mm:ss', '2010-12-01 08:26:00', '2010-12-01T08:26:00+00:00'],
    ['YYYY-MM-DD HH:mm:ss', '2011-07-01 08:26:00', '2011-07-01T08:26:00+01:00'],
    ['D/M/YYYY h:mm A', '7/3/2011 12:05 am', '2011-03-07T00:05:00+00:00'],
    ['DD.MM.YYYY HH:mm', '28.02.2011 23:59', '2011-02-28T23:59:00+00:00'],
    ['YYYYMMDDHHmmss', '20110228235901', '2011-02-28T23:59:01+00:00'],
    ['iso', '2011-07-01T08:26', '2011-07-01T08:26:00+01:00'],
    ['iso', '2011-07-01 08:26:00', '2011-07-01T08:26:00+01:00'],
    ['iso', '2011-07-01T08:26:00Z', '2011-07-01T08:26:00Z'],
    ['iso', '2011-07-01 08:26:00 +0200', '2011-07-01T08:26:00+02:00'],
  ])('%s reads %s', (pattern, text, expected) => {
    expect(read(pattern, text)).toBe(expected);
  });

  it.each([
    '2011-02-29 10:00:00',
    '2011-13-01 10:00:00',
    '2011-01-01 24:00:00',
    '2011-01-01 10:60:00',
    '2011-1-1 10:00:00',
    '',
    'yesterday',
  ])('refuses "%s"', (text) => {
    expect(read('YYYY-MM-DD HH:mm:ss', text)).toMatch(/^flaw: .*(no time|not written as)/);
  });

  it('refuses a time that the clocks skipped', () => {
    expect(read('iso', '2011-03-27T01:30:00')).toContain('did not exist in Europe/London');
    expect(read('iso', '2011-03-27T02:00:00')).toBe('2011-03-27T02:00:00+01:00');
  });

  it('agrees with the time zone data on every half an hour of a year', () => {
    const zones = ['Europe/London', 'America/Santiago', 'Australia/Lord_Howe'];
    const differing: string[] = [];
    for (const zone of zones) {
      for (let at = Date.UTC(2022, 1, 15); at < Date.UTC(2023, 1, 15); at += 1_800_000) {
        const value = read('iso', new Date(at).toISOString().slice(0, 19), zone);
        const instant = value.startsWith('flaw') ? undefined : Date.parse(value);
        if (instant !== instantsOfLocalTime(at, zone)[0]) differing.push(`${zone} ${value}`);
      }
    }
    expect(differing).toEqual([]);
  });

  it('takes the earlier instant of a time that the clocks showed twice', () => {
    expect(read('iso', '2011-10-30T01:30:00')).toBe('2011-10-30T01:30:00+01:00');
    expect(read('iso', '2011-11-06T01:30:00', 'America/New_York')).toBe('2011-11-06T01:30:00-04:00');
  });
});
