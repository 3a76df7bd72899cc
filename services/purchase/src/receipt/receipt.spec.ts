import { specOf } from '@regulars/testing';
import { receipt, type ReceiptCommand, type ReturnRequest } from './decider';
import type { Recorded } from './events';

const occurredAt = '2026-03-01T09:15:00.000Z';
const header = { store: 's1', terminal: 't1', businessTime: '2026-03-01T10:15:00+01:00', businessDate: '2026-03-01', currency: 'EUR' };
const bread = { sku: 'BREAD', category: 'bakery', quantity: 3_000, unitPrice: 100, net: 300, cost: 91 };
const wine = { sku: 'WINE', quantity: 1_000, unitPrice: 1_150, net: 1_000, discount: 150 };
const sale: Recorded = { ...header, purchaseId: 'p1', kind: 'sale', receipt: '7', customer: 'c1', lines: [bread, wine] };
const { customer: _, ...anonymous } = sale;

const record = (content: Recorded = sale): ReceiptCommand => ({ type: 'record', occurredAt, receipt: content });
const back = (returnId: string, lines: ReturnRequest['lines'], change: Partial<ReturnRequest> = {}): ReceiptCommand => ({
  type: 'return',
  occurredAt,
  request: { ...header, receipt: returnId, returnId, exchange: false, lines, ...change },
});
const withdraw = (returnId: string): ReceiptCommand => ({ type: 'withdraw-return', occurredAt, returnId });
const takeBack: ReceiptCommand = { type: 'void', occurredAt, businessDate: '2026-03-02', reason: 'rung up twice' };
const claim = (customer: string, businessDate = '2026-03-20'): ReceiptCommand => ({
  type: 'claim',
  occurredAt,
  businessDate,
  customer,
  windowDays: 30,
});
const note: ReceiptCommand = { type: 'note-return', occurredAt, note: { returnId: 'r1', purchaseId: 'p1', store: 's1', currency: 'EUR' } };

const { given } = specOf(receipt);

describe('a receipt', () => {
  it('is recorded', () => {
    expect(given().when(record())).toEqual([{ type: 'purchase.recorded.v1', id: 'p1', occurredAt, data: sale }]);
  });

  it('is recorded once for ever: the same again has no effect, also with its time written in another zone', () => {
    expect(given(record()).when(record())).toEqual([]);
    expect(given(record()).when(record({ ...sale, businessTime: '2026-03-01T09:15:00Z', businessDate: '2026-02-28' }))).toEqual([]);
    expect(given(record(), takeBack).when(record())).toEqual([]);
    expect(given(record(anonymous), claim('c1')).when(record(anonymous))).toEqual([]);
  });

  it.each([
    ['another amount', { lines: [bread] }],
    ['another customer', { customer: 'c2' }],
    ['no customer', { customer: undefined }],
    ['another moment', { businessTime: '2026-03-01T10:16:00+01:00' }],
    ['another staff', { staff: 'anna' }],
  ])('contradicts itself with %s', (_what, change) => {
    expect(given(record()).when(record({ ...sale, ...change }))).toBe('purchase.conflict');
  });
});

describe('a return on a receipt', () => {
  const returned = (lines: ReturnRequest['lines'], change?: Partial<ReturnRequest>) => {
    const decided = given(record()).when(back('r1', lines, change));
    return Array.isArray(decided) ? (decided[0]?.data as { lines: unknown[]; customer?: string }) : decided;
  };

  it('books the goods with the share of what was paid, rounded towards zero, for the customer of the purchase', () => {
    expect(returned([{ line: 1, quantity: 2_000 }])).toMatchObject({
      customer: 'c1',
      lines: [{ line: 1, sku: 'BREAD', category: 'bakery', quantity: 2_000, net: 200, cost: 60 }],
    });
    expect(returned([{ line: 1, quantity: 1_000, net: 90 }])).toMatchObject({ lines: [{ net: 90 }] });
  });

  it('waits for a receipt that has not come', () => {
    expect(given().when(back('r1', [{ line: 1, quantity: 1_000 }]))).toBe('purchase.unknown');
  });

  it.each([
    ['more goods than were bought', [{ line: 1, quantity: 3_001 }]],
    ['more money than was paid', [{ line: 1, quantity: 1_000, net: 301 }]],
    [
      'a line twice',
      [
        { line: 2, quantity: 1_000 },
        { line: 2, quantity: 1_000 },
      ],
    ],
  ])('never gives back %s', (_what, lines) => {
    expect(returned(lines)).toBe('return.exceeds');
  });

  it('never gives back more than was bought in several returns', () => {
    const some = given(record(), back('r1', [{ line: 1, quantity: 2_000 }]));
    expect(some.when(back('r2', [{ line: 1, quantity: 2_000 }]))).toBe('return.exceeds');
    expect(some.when(back('r2', [{ line: 1, quantity: 1_000 }]))).toHaveLength(1);
    expect(
      given(record(), back('r1', [{ line: 2, quantity: 1_000, net: 900 }])).when(back('r2', [{ line: 2, quantity: 1, net: 101 }])),
    ).toBe('return.exceeds');
  });

  it('names a line of the receipt, in its currency', () => {
    expect(returned([{ line: 3, quantity: 1_000 }])).toBe('return.line-unknown');
    expect(returned([{ line: 1, quantity: 1_000 }], { currency: 'CHF' })).toBe('return.currency');
  });

  it('is booked once: the same again has no effect, also after it or more was taken back; other content contradicts', () => {
    const first = back('r1', [{ line: 1, quantity: 2_000 }]);
    expect(given(record(), first).when(first)).toEqual([]);
    expect(given(record(), first).when(back('r1', [{ line: 1, quantity: 2_000, net: 200 }]))).toEqual([]);
    expect(given(record(), first, withdraw('r1')).when(first)).toEqual([]);
    expect(given(record(), first, withdraw('r1'), back('r2', [{ line: 1, quantity: 3_000 }])).when(first)).toEqual([]);
    expect(given(record(), first).when(back('r1', [{ line: 1, quantity: 1_000 }]))).toBe('purchase.conflict');
    expect(given(record(), first).when(back('r1', [{ line: 9, quantity: 1_000 }]))).toBe('purchase.conflict');
  });

  it('is withdrawn once, with its goods for whoever owns the purchase', () => {
    const first = back('r1', [{ line: 1, quantity: 1_000 }]);
    expect(given(record(anonymous), first, claim('c9')).when(withdraw('r1'))).toMatchObject([
      {
        type: 'purchase.return-withdrawn.v1',
        data: { customer: 'c9', entries: [{ visits: 0, lines: [{ quantity: -1_000, net: -100, cost: -30 }] }] },
      },
    ]);
    expect(given(record(), first, withdraw('r1')).when(withdraw('r1'))).toEqual([]);
    expect(given(record()).when(withdraw('r1'))).toEqual([]);
  });

  it('takes its own number, once', () => {
    expect(given().when(note)).toMatchObject([{ type: 'purchase.return-noted.v1', data: { returnId: 'r1', purchaseId: 'p1' } }]);
    expect(given(note).when(note)).toEqual([]);
    expect(given(record()).when(note)).toBe('purchase.conflict');
    expect(given(note).when(record())).toBe('purchase.conflict');
  });
});

describe('a void', () => {
  it('takes the receipt back with everything it added', () => {
    expect(given(record()).when(takeBack)).toMatchObject([
      {
        type: 'purchase.voided.v1',
        data: {
          customer: 'c1',
          entries: [
            {
              store: 's1',
              businessDate: '2026-03-01',
              visits: 1,
              lines: [
                { sku: 'BREAD', net: 300, cost: 91 },
                { sku: 'WINE', net: 1_000, cost: null },
              ],
            },
          ],
        },
      },
    ]);
  });

  it('is done once, and then nothing more happens to the receipt', () => {
    expect(given(record(), takeBack).when(takeBack)).toEqual([]);
    expect(given(record(), takeBack).when(back('r1', [{ line: 1, quantity: 1_000 }]))).toBe('purchase.voided');
    expect(given(record(anonymous), takeBack).when(claim('c1'))).toBe('purchase.voided');
  });

  it('waits for its receipt, and is refused where goods have come back', () => {
    expect(given().when(takeBack)).toBe('purchase.unknown');
    const first = back('r1', [{ line: 1, quantity: 1_000 }]);
    expect(given(record(), first).when(takeBack)).toBe('void.has-returns');
    expect(given(record(), first, withdraw('r1')).when(takeBack)).toHaveLength(1);
  });

  it('of a linked return’s own receipt has no entries: they are withdrawn at the purchase', () => {
    expect(given(note).when(takeBack)).toMatchObject([{ type: 'purchase.voided.v1', data: { purchaseId: 'r1', entries: [] } }]);
  });
});

describe('a claim', () => {
  const first = back('r1', [{ line: 1, quantity: 1_000 }]);

  it('gives the member everything from the start, earlier returns included', () => {
    expect(given(record(anonymous), first).when(claim('c9'))).toMatchObject([
      { type: 'purchase.claimed.v1', data: { customer: 'c9', entries: [{ visits: 1 }, { visits: 0, lines: [{ net: -100 }] }] } },
    ]);
  });

  it('makes later returns the member’s', () => {
    expect(given(record(anonymous), claim('c9')).when(first)).toMatchObject([{ data: { customer: 'c9' } }]);
  });

  it('is made once, in time, on a receipt that is nobody’s', () => {
    expect(given(record(anonymous), claim('c9')).when(claim('c9'))).toEqual([]);
    expect(given(record(anonymous), claim('c9')).when(claim('c8'))).toBe('claim.has-customer');
    expect(given(record()).when(claim('c9'))).toBe('claim.has-customer');
    expect(given().when(claim('c9'))).toBe('purchase.unknown');
    expect(given(record(anonymous)).when(claim('c9', '2026-03-31'))).toHaveLength(1);
    expect(given(record(anonymous)).when(claim('c9', '2026-04-01'))).toBe('claim.window-closed');
  });
});
