import fc from 'fast-check';
import {
  formatPassed,
  formatPosition,
  formatSequence,
  isAfter,
  parsePassed,
  parsePosition,
  parseSequence,
  sequenceOfMessage,
  sequenceOfWatermark,
} from './position';

const logPosition = fc.string({ minLength: 1, unit: 'binary' });
const sequence = fc.oneof(
  fc.tuple(logPosition, fc.integer({ min: 0, max: 999 })).map(([at, ordinal]) => sequenceOfMessage(at, ordinal)),
  logPosition.map(sequenceOfWatermark),
);
const passed = fc.record({ sequence: fc.option(sequence, { nil: undefined }), epoch: fc.option(fc.maxSafeNat(), { nil: undefined }) });
const offset = fc.integer({ min: 0, max: 9_007_199_254_740_991 });

describe('a position', () => {
  it('comes back with all that has passed', () => {
    fc.assert(
      fc.property(offset, passed, (at, before) => {
        expect(parsePosition(formatPosition(at, before))).toEqual({ offset: at, ...before });
      }),
    );
  });

  it('orders as text like the offsets, whatever has passed', () => {
    fc.assert(
      fc.property(offset, offset, passed, passed, (a, b, x, y) => {
        fc.pre(a !== b);
        expect(formatPosition(a, x) < formatPosition(b, y)).toBe(a < b);
      }),
    );
  });

  it.each([
    '',
    '12',
    '0000000000000012',
    '000000000000001x@#',
    '0000000000000012@',
    '0000000000000012@a.001',
    '0000000000000012@a#',
    '9999999999999999@#',
    '0000000000000012@#-1',
    '0000000000000012@#1.5',
  ])('is not %j', (text) => {
    expect(() => parsePosition(text)).toThrow(RangeError);
  });
});

describe('a sequence', () => {
  it('comes back from its text', () => {
    fc.assert(
      fc.property(sequence, (one) => {
        expect(parseSequence(formatSequence(one))).toEqual(one);
      }),
    );
  });

  it('comes by log position first, then by ordinal, a watermark last', () => {
    const order = [
      sequenceOfMessage('005', 0),
      sequenceOfMessage('005', 1),
      sequenceOfMessage('005', 999),
      sequenceOfWatermark('005'),
      sequenceOfMessage('006', 0),
    ];
    for (const [i, a] of order.entries()) for (const [j, b] of order.entries()) expect(isAfter(a, b)).toBe(i > j);
    expect(isAfter(sequenceOfMessage('000', 0), undefined)).toBe(true);
  });

  it.each([-1, 1_000, 0.5, NaN])('has no ordinal %d', (ordinal) => {
    expect(() => sequenceOfMessage('1', ordinal)).toThrow(RangeError);
  });

  it.each(['', 'abc', '.001', 'abc.1', 'abc.1000', 'abc.~~'])('is not %j', (text) => {
    expect(parseSequence(text)).toBeUndefined();
  });
});

describe('what has passed', () => {
  it('may be nothing', () => {
    expect(formatPassed({})).toBe('#');
    expect(parsePassed('#')).toEqual({ sequence: undefined, epoch: undefined });
  });
});
