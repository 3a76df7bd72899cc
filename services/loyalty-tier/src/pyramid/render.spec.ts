import type { Pyramid } from './pyramid';
import { pyramidCsv } from './render-csv';
import { pyramidSvg } from './render-svg';
import { pyramidTable } from './render-table';

const group = { customersShare: 10, amountShare: 60.01, cut: 351_568, average: 1_139_729, visits: 7_243 };
const example: Pyramid = {
  asOf: '2011-12-31',
  window: 'all',
  scope: 'region:<N> & "S"',
  count: 'positive',
  customers: 4_372,
  total: 830_006_581,
  currency: 'GBP',
  groups: [
    { ...group, tier: 'devoted', customers: 437, amount: 498_061_485 },
    { ...group, tier: 'steady', customers: 656, customersShare: 15, amount: 153_939_972, amountShare: 18.55 },
    { ...group, tier: 'floating', customers: 0, customersShare: 0, amount: 0, amountShare: null, cut: null, average: null, visits: 0 },
    { ...group, tier: 'trial', customers: 1_749, customersShare: 40, amount: -40_715_326, amountShare: -4.91, cut: -428_763 },
  ],
  top20Share: 73.82,
  top25Share: null,
  position: '1',
  digest: 'd',
};

test('CSV has a header, a row for each group and a total, in major units', () => {
  expect(pyramidCsv(example).split('\r\n')).toEqual([
    'tier,customers,customers_share_percent,amount,amount_share_percent,cut,average,visits,currency',
    'devoted,437,10.00,4980614.85,60.01,3515.68,11397.29,7243,GBP',
    'steady,656,15.00,1539399.72,18.55,3515.68,11397.29,7243,GBP',
    'floating,0,0.00,0.00,,,,0,GBP',
    'trial,1749,40.00,-407153.26,-4.91,-4287.63,11397.29,7243,GBP',
    'total,4372,,8300065.81,,,,21729,GBP',
    '',
  ]);
});

test('the table is aligned, fits its width and says what it shows', () => {
  const table = pyramidTable(example, { currency: 'GBP', width: 100 });
  const lines = table.split('\n');
  expect(lines[0]).toBe('Customer pyramid, region:<N> & "S", window all, as of 2011-12-31, only customers above zero');
  expect(lines[4]).toContain('4,980,614.85       60.01 %');
  expect(new Set(lines.slice(2, 9).map((line) => line.trimEnd().length)).size).toBe(1);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(lines.some((line) => line.startsWith('floating  ·'))).toBe(true);
  expect(table).toContain('best 25 % –');
  expect(
    Math.max(
      ...pyramidTable(example, { currency: 'GBP', width: 20 })
        .split('\n')
        .map((line) => line.length),
    ),
  ).toBeLessThan(110);
});

test('the picture is self-contained, named, and safe with any name', () => {
  const svg = pyramidSvg(example, { currency: 'GBP' });
  expect(svg).toContain('<title id="pyramid-title">Customer pyramid: region:&#60;N&#62; &#38; &#34;S&#34;');
  expect(svg).toContain('4,980,614.85 · 60.01 %');
  expect(svg).toMatch(/<desc id="pyramid-desc">4,372 customers with 8,300,065.81 GBP in all\. devoted: 437 customers/);
  expect(svg).not.toMatch(/<script|href|url\(/);
  const open = svg.match(/<[a-z]+(\s[^>]*[^/])?>/g)!.length;
  expect(svg.match(/<\/[a-z]+>/g)!.length).toBe(open);
  expect(svg.match(/<rect [^>]*width="2"/g)!.length).toBe(3);
});
