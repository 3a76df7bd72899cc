import { businessDateOfDay, dayNumber } from '@regulars/kernel';
import { parseAsOf, parseWindow } from './window';

const window = (text: string, asOf: string): [string | null, string] => {
  const { fromDay, toDay } = parseWindow(text, dayNumber(asOf));
  return [fromDay === null ? null : businessDateOfDay(fromDay), businessDateOfDay(toDay)];
};

test.each([
  ['all', '2026-03-01', [null, '2026-03-01']],
  ['12m', '2026-03-01', ['2025-03-02', '2026-03-01']],
  ['12m', '2024-02-29', ['2023-03-01', '2024-02-29']],
  ['1m', '2026-03-31', ['2026-03-01', '2026-03-31']],
  ['1m', '2024-03-31', ['2024-03-01', '2024-03-31']],
  ['3m', '2026-01-15', ['2025-10-16', '2026-01-15']],
  ['25m', '2026-01-31', ['2024-01-01', '2026-01-31']],
  ['2025', '2026-03-01', ['2025-01-01', '2025-12-31']],
  ['2026', '2026-03-01', ['2026-01-01', '2026-03-01']],
  ['2025-11-01..2026-01-31', '2026-03-01', ['2025-11-01', '2026-01-31']],
  ['2025-11-01..2026-01-31', '2025-12-24', ['2025-11-01', '2025-12-24']],
  ['2026-02-01..2026-02-01', '2026-03-01', ['2026-02-01', '2026-02-01']],
])('%s as of %s', (text, asOf, expected) => {
  expect(window(text, asOf)).toEqual(expected);
});

test.each([
  '',
  '0m',
  '012m',
  '12M',
  '99999m',
  '-1m',
  '26',
  '20260',
  '2026-02-30..2026-03-01',
  '2026-03-02..2026-03-01',
  '2026-01-01..',
  'ALL',
])('"%s" is refused with a code', (text) => {
  expect(() => parseWindow(text, 20_000)).toThrow(expect.objectContaining({ code: 'pyramid.window' }));
});

test('an as-of date that is no day is refused', () => {
  expect(parseAsOf('2024-02-29')).toBe(dayNumber('2024-02-29'));
  for (const text of ['2023-02-29', 'today', '2026-1-1', '']) {
    expect(() => parseAsOf(text)).toThrow(expect.objectContaining({ code: 'request.invalid' }));
  }
});
