import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Entry } from '../support/reference/reference';
import { pyramidOf, ranked } from '../support/reference/contributions';

const SHARED = process.env.REGULARS_SHARED_DATA ?? join(__dirname, '..', '..', '..', 'shared', 'data');
const FILE = join(SHARED, 'online-retail', 'online_retail.csv.gz');

/** The fields of one CSV line; quotes only around fields that need them. */
function fields(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
}

/** Pounds with up to three decimals as tenths of a penny. */
function tenths(price: string): bigint {
  const [whole = '0', fraction = ''] = price.replace('-', '').split('.');
  const value = BigInt(whole) * 1_000n + BigInt(fraction.padEnd(3, '0').slice(0, 3));
  return price.startsWith('-') ? -value : value;
}

const halfAway = (value: bigint): bigint => (value < 0n ? -((-value + 5n) / 10n) : (value + 5n) / 10n);

/** What the import of the same file must come to, told from the file alone; the import itself is proved beside the command. */
it('UCI Online Retail, added up from the file line by line, has the known pyramid', () => {
  if (!existsSync(FILE)) {
    process.stderr.write(
      `\nONLINE RETAIL DID NOT RUN: ${FILE} does not exist; set REGULARS_SHARED_DATA to the folder that holds online-retail/.\n\n`,
    );
    return;
  }
  const [header = '', ...lines] = gunzipSync(readFileSync(FILE)).toString('utf8').trimEnd().split('\n');
  const names = header.trim().split(',');
  const [quantity, price, customer] = ['Quantity', 'UnitPrice', 'CustomerID'].map((name) => names.indexOf(name)) as [
    number,
    number,
    number,
  ];
  const entries: Entry[] = [];
  let exactTenths = 0n;
  for (const line of lines) {
    const values = fields(line);
    const id = (values[customer] ?? '').replace(/\.0$/, '').trim();
    if (id === '') continue;
    const exact = tenths(values[price] ?? '') * BigInt(values[quantity] ?? '');
    exactTenths += exact;
    const counted = { category: null, quantity: 1_000n, net: halfAway(exact), cost: null };
    entries.push({ customer: id, store: 'online', date: '2011-12-09', visits: 0n, lines: [counted] });
  }
  expect(lines.length).toBe(541_909);
  // 8,300,065.814 before each line is rounded to whole pennies.
  expect(exactTenths).toBe(8_300_065_814n);
  expect(pyramidOf(ranked(entries))).toMatchObject({
    customers: 4_372,
    total: 830_006_581,
    groups: [
      { tier: 'devoted', customers: 437, amountShare: 60.01 },
      { tier: 'steady', customers: 656, amountShare: 18.55 },
      { tier: 'floating', customers: 1_530, amountShare: 16.54 },
      { tier: 'trial', customers: 1_749, amountShare: 4.91 },
    ],
    top20Share: 73.82,
    top25Share: 78.55,
  });
}, 60_000);
