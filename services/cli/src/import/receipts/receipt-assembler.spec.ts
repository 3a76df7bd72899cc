import { intakeKinds, type IntakeKind } from '@regulars/contracts';
import { mapped, sales, simpleMapping, type Mapped } from '../../../spec-support/mapped';

const time = '2026-03-01 10:00';
const line = (receipt: string, sku: string, quantity = '1', price = '1.00', customer = 'c1') =>
  [receipt, time, sku, quantity, price, customer].join(',');
const skus = ({ items }: Mapped) =>
  items.map((item) => `${String(item.receipt)}:${(item.lines as { sku: string }[]).map(({ sku }) => sku).join('')}`);

function expectValid(items: Mapped['items']): void {
  for (const { kind = 'purchase', ...item } of items) expect(intakeKinds[kind as IntakeKind].safeParse(item).error).toBeUndefined();
}

describe('lines become receipts', () => {
  it('as the intake schema wants them', async () => {
    const { items } = await mapped(
      sales(line('1', 'A', '2', '2.955'), line('1', 'B', '0.5', '3'), line('2', 'A', '1', '0', '')),
      simpleMapping(),
    );
    const header = { store: 's1', terminal: 't1', occurredAt: '2026-03-01T10:00:00+01:00', currency: 'EUR' };
    expect(items).toEqual([
      {
        ...header,
        receipt: '1',
        customer: 'c1',
        lines: [
          { sku: 'A', quantity: 2, unitPrice: '295.5' },
          { sku: 'B', quantity: 0.5, unitPrice: 300 },
        ],
      },
      { ...header, receipt: '2', lines: [{ sku: 'A', quantity: 1, unitPrice: 0 }] },
    ]);
    expectValid(items);
  });

  it('with every field a mapping can name', async () => {
    const mapping = simpleMapping({
      delimiter: ';',
      constants: { currency: 'JPY', category: 'toys' },
      columns: {
        store: { column: 'Filiale', transform: ['strip-leading-zeros', 'lower'] },
        terminal: 'Kasse',
        receipt: { columns: ['Tag', 'Bon'], join: '-' },
        occurredAt: { columns: ['Tag', 'Uhr'], join: ' ' },
        sku: { column: 'Artikel', transform: ['single-spaces', 'upper'] },
        quantity: 'Menge',
        unitPrice: 'Preis',
        net: 'Netto',
        discount: 'Rabatt',
        cost: 'Einstand',
        staff: 'Personal',
        sequence: 'Nr',
        customer: { column: 'Kunde', transform: ['integer-text'] },
      },
      formats: { date: 'DD.MM.YYYY HH:mm', decimal: ',', thousands: '.', empty: ['NULL'] },
      stores: [{ id: 'f7', name: 'F7', region: 'r', timeZone: 'Asia/Tokyo', currency: 'JPY' }],
    });
    const head = 'Filiale;Kasse;Tag;Uhr;Bon;Nr;Personal;Kunde;Artikel;Menge;Preis;Netto;Rabatt;Einstand';
    const { items, rejected } = await mapped(
      `${head}\n00F7;k1;01.03.2026;09:30;12;77;p 3;17850.0;"ab  ""c""";1;1.500;1.400;100;NULL\n`,
      mapping,
    );
    expect(rejected).toEqual([]);
    expect(items).toEqual([
      {
        store: 'f7',
        terminal: 'k1',
        receipt: '01.03.2026-12',
        occurredAt: '2026-03-01T09:30:00+09:00',
        currency: 'JPY',
        customer: '17850',
        staff: 'p 3',
        sequence: 77,
        lines: [{ sku: 'AB "C"', quantity: 1, unitPrice: 1500, net: 1400, discount: 100, category: 'toys' }],
      },
    ]);
  });

  it('though they are interleaved, within the bound', async () => {
    const lines = sales(line('1', 'A'), line('2', 'B'), line('1', 'C'), line('3', 'D'), line('2', 'E'));
    expect(skus(await mapped(lines, simpleMapping({ receipts: { openAtOnce: 3 } })))).toEqual(['1:AC', '3:D', '2:BE']);
    expect(skus(await mapped(lines, simpleMapping({ receipts: { openAtOnce: 2 } })))).toEqual(['2:B', '1:AC', '3:D', '2:E']);
    expect(skus(await mapped(lines, simpleMapping({ receipts: { openAtOnce: 1 } })))).toEqual(['1:A', '2:B', '1:C', '3:D', '2:E']);
  });

  it('and lines that repeat each other exactly all count', async () => {
    expect(skus(await mapped(sales(line('1', 'A'), line('1', 'A')), simpleMapping()))).toEqual(['1:AA']);
  });

  it('of which one bad line takes the others of its receipt with it, and no neighbour', async () => {
    const lines = sales(line('1', 'A'), line('2', 'B'), line('1', 'C', 'many'), line('1', 'D'), line('3', 'E'));
    const result = await mapped(lines, simpleMapping());
    expect(skus(result)).toEqual(['2:B', '3:E']);
    expect(result.rejected).toEqual([
      { line: 2, text: line('1', 'A'), reason: 'line 4 of its receipt was rejected: "many" is no number' },
      { line: 4, text: line('1', 'C', 'many'), reason: '"many" is no number' },
      { line: 5, text: line('1', 'D'), reason: 'line 4 of its receipt was rejected: "many" is no number' },
    ]);
  });

  it.each([
    ['another customer', line('1', 'B', '1', '1', 'c2'), 'customer, staff or sequence differs'],
    ['a negative quantity', line('1', 'B', '-1'), 'the quantity is negative on a sale'],
    ['a negative price', line('1', 'B', '1', '-1'), 'the unit price is negative'],
    ['no quantity', line('1', 'B', '0'), 'the quantity is 0'],
  ])('but not with %s', async (_what, bad, reason) => {
    const { items, rejected } = await mapped(sales(line('1', 'A'), bad), simpleMapping());
    expect(items).toEqual([]);
    expect(rejected.map((each) => each.line)).toEqual([2, 3]);
    expect(rejected[1]?.reason).toContain(reason);
  });

  it('except at times that the clocks skipped', async () => {
    const gap = ['1', '2026-03-29 02:30', 'A', '1', '1', ''].join(',');
    const { items, rejected } = await mapped(sales(gap, line('2', 'B')), simpleMapping());
    expect(items.map((item) => item.receipt)).toEqual(['2']);
    expect(rejected).toEqual([{ line: 2, text: gap, reason: expect.stringContaining('did not exist in Europe/Berlin') }]);
  });

  it('and lines without a receipt number stand alone', async () => {
    const { items, rejected, tally } = await mapped(sales(line('', 'A'), line('1', 'B')), simpleMapping());
    expect(items).toHaveLength(1);
    expect(rejected).toEqual([{ line: 2, text: line('', 'A'), reason: 'store, terminal or receipt number is empty' }]);
    expect(tally.rejectedLines).toBe(1);
  });

  it('and what a rule excludes is counted under its name', async () => {
    const exclude = [
      {
        name: 'carrier bags',
        when: [
          { column: 'sku', in: ['BAG'] },
          { column: 'price', below: 0.5 },
        ],
      },
      { name: 'training', when: [{ column: 'receipt', startsWith: 'T' }] },
    ];
    const lines = sales(line('1', 'A'), line('1', 'BAG', '1', '0.10'), line('1', 'BAG', '1', '0.50'), line('T1', 'A'), '', line('1', 'C'));
    const result = await mapped(lines, simpleMapping({ exclude }));
    expect(skus(result)).toEqual(['1:ABAGC']);
    expect(result.tally.excluded).toEqual({ 'carrier bags': 1, training: 1, 'empty lines': 1 });
    expect(result.records).toBe(6);
  });
});

describe('returns', () => {
  const kinds = ({ items }: Mapped) =>
    items.map(({ kind, receipt, lines, returnedLines, of, returned, customer }) => ({
      kind,
      receipt,
      lines,
      returnedLines,
      of,
      returned,
      customer,
    }));

  it('are told by a prefix and sent with positive amounts', async () => {
    const mapping = simpleMapping({ returns: { when: [{ column: 'receipt', startsWith: 'C' }] } });
    const result = await mapped(sales(line('C1', 'A', '-2'), line('C2', 'B', '2')), mapping);
    expect(kinds(result)).toEqual([{ kind: 'return', receipt: 'C1', customer: 'c1', lines: [{ sku: 'A', quantity: 2, unitPrice: 100 }] }]);
    expect(result.rejected[0]?.reason).toContain('returns.quantities');
    expectValid(result.items);
  });

  it('are told by the sign; a receipt with both is an exchange', async () => {
    const result = await mapped(
      sales(line('1', 'A', '-2'), line('2', 'B'), line('2', 'C', '-1')),
      simpleMapping({ returns: { when: 'negative quantity' } }),
    );
    expect(kinds(result)).toEqual([
      { kind: 'return', receipt: '1', customer: 'c1', lines: [{ sku: 'A', quantity: 2, unitPrice: 100 }] },
      {
        kind: 'exchange',
        receipt: '2',
        customer: 'c1',
        lines: [{ sku: 'B', quantity: 1, unitPrice: 100 }],
        returnedLines: [{ sku: 'C', quantity: 1, unitPrice: 100 }],
      },
    ]);
    expectValid(result.items);
  });

  it('are linked where the columns name the original', async () => {
    const mapping = simpleMapping({
      columns: { receipt: 'receipt', occurredAt: 'time', sku: 'sku', quantity: 'quantity', unitPrice: 'price', customer: 'customer' },
      returns: { when: 'negative quantity', original: { receipt: 'original', line: 'line' } },
    });
    const head = 'receipt,time,sku,quantity,price,customer,original,line';
    const result = await mapped(
      `${head}\n9,${time},A,-1,1,c1,5,2\n10,${time},A,-1,1,c1,,\n11,${time},A,-1,1,c1,5,1\n11,${time},A,-1,1,c1,6,1\n`,
      mapping,
    );
    const of = { store: 's1', terminal: 't1', receipt: '5' };
    expect(kinds(result)).toEqual([
      { kind: 'return', receipt: '9', of, returned: [{ line: 2, quantity: 1 }] },
      { kind: 'return', receipt: '10', customer: 'c1', lines: [{ sku: 'A', quantity: 1, unitPrice: 100 }] },
    ]);
    expect(result.rejected.map((each) => each.line)).toEqual([4, 5]);
    expectValid(result.items);
  });
});

describe('receipts of more than 1,000 lines', () => {
  const many = sales(...Array.from({ length: 2_001 }, (_, at) => line('1', `S${at}`)), line('2', 'X'));

  it('are rejected whole unless the mapping splits them', async () => {
    const result = await mapped(many, simpleMapping());
    expect(skus(result)).toEqual(['2:X']);
    expect(result.rejected).toHaveLength(2_001);
  });

  it('are split into receipts of their own', async () => {
    const { items, rejected } = await mapped(many, simpleMapping({ receipts: { longerThan1000Lines: 'split' } }));
    expect(items.map((item) => [item.receipt, (item.lines as unknown[]).length])).toEqual([
      ['1', 1000],
      ['1#2', 1000],
      ['1#3', 1],
      ['2', 1],
    ]);
    expect(rejected).toEqual([]);
    expectValid(items);
  });
});
