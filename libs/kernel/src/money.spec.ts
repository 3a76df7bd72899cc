import fc from 'fast-check';
import { currencyExponent, divideHalfAway, formatMinor, lineAmount, parseDecimal, safeInteger, toScale } from './money';

describe('a decimal text', () => {
  it.each([
    ['0', 0n, 0],
    ['007.50', 750n, 2],
    ['-12.345', -12_345n, 3],
    ['+1.0', 10n, 1],
    ['99999999999999999999.9999999999', 999999999999999999999999999999n, 10],
  ])('%s is held exactly', (text, digits, scale) => {
    expect(parseDecimal(text)).toEqual({ digits, scale });
  });

  it.each(['', '-', '.5', '5.', '1,5', '1 000', '1e3', '0x10', 'NaN', ' 1', '1\n', '٣', '1.00000000000', '100000000000000000000'])(
    '%j is none',
    (text) => {
      expect(parseDecimal(text)).toBeUndefined();
    },
  );

  it('comes back from its digits, whatever they are', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 20n) + 1n, 10n ** 20n - 1n), fc.nat(99_999), (whole, fraction) => {
        const places = String(fraction).padStart(5, '0');
        const sign = whole < 0n ? -1n : 1n;
        expect(parseDecimal(`${whole}.${places}`)).toEqual({ digits: whole * 100_000n + sign * BigInt(fraction), scale: 5 });
      }),
    );
  });
});

describe('division', () => {
  it.each([
    [5n, 2n, 3n],
    [-5n, 2n, -3n],
    [4n, 3n, 1n],
    [-4n, 3n, -1n],
    [0n, 7n, 0n],
    [10n, 5n, 2n],
  ])('%s / %s rounds half away from zero to %s', (numerator, denominator, rounded) => {
    expect(divideHalfAway(numerator, denominator)).toBe(rounded);
  });

  it('is never more than half off, the same on both sides of zero, and away from zero at exactly half', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 80n), 2n ** 80n), fc.bigInt(1n, 2n ** 40n), (numerator, denominator) => {
        const rounded = divideHalfAway(numerator, denominator);
        const offDoubled = 2n * (rounded * denominator - numerator) * (numerator < 0n ? -1n : 1n);
        expect(offDoubled > -denominator && offDoubled <= denominator).toBe(true);
        expect(divideHalfAway(-numerator, denominator)).toBe(-rounded);
      }),
    );
  });

  it.each([0n, -1n])('by %s is a mistake of the caller', (denominator) => {
    expect(() => divideHalfAway(1n, denominator)).toThrow(RangeError);
  });
});

describe('another scale', () => {
  it.each([
    ['1.5', 3, 1_500n],
    ['1.5', 1, 15n],
    ['1.5', 0, 2n],
    ['-1.5', 0, -2n],
    ['1.49999', 0, 1n],
    ['2.345', 2, 235n],
  ])('brings %s to %s decimals as %s', (text, scale, expected) => {
    expect(toScale(parseDecimal(text) ?? { digits: 0n, scale: 0 }, scale)).toBe(expected);
  });
});

describe('the amount of a line', () => {
  it.each([
    [100, 3_000, 300],
    [199, 456, 91],
    [1, 500, 1],
    [1, 499, 0],
    [0, 1_000, 0],
    ['295.5', 1_000, 296],
    ['295.4999', 1_000, 295],
    ['0.0001', 1_000_000, 0],
    [-3, 500, -2],
  ])('of %s for %s thousandths is %s', (unitPrice, quantity, amount) => {
    expect(lineAmount(unitPrice, quantity)).toBe(amount);
  });

  it('is the same by the short way of whole prices and by the long one', () => {
    const halves = fc.integer({ min: 0, max: 2 ** 40 }).map((price) => [2 * price + 1, 500] as const);
    const any = fc.tuple(fc.maxSafeNat(), fc.integer({ min: 1, max: 1_000_000_000 }));
    const small = fc.tuple(fc.nat(1_000_000), fc.nat(1_000_000));
    fc.assert(
      fc.property(fc.oneof(halves, any, small), ([price, quantity]) => {
        const exact = divideHalfAway(BigInt(price) * BigInt(quantity), 1_000n);
        const act = () => lineAmount(price, quantity);
        if (exact > BigInt(Number.MAX_SAFE_INTEGER)) expect(act).toThrow(RangeError);
        else expect([act(), lineAmount(String(price), quantity)]).toEqual([Number(exact), Number(exact)]);
      }),
      { numRuns: 500 },
    );
  });

  it.each(['1e3', '1,5', ''])('has no unit price of %j', (unitPrice) => {
    expect(() => lineAmount(unitPrice, 1_000)).toThrow('unit price is no decimal number');
  });
});

describe('an amount in a number', () => {
  it('is exact or refused', () => {
    expect(safeInteger(9_007_199_254_740_991n)).toBe(Number.MAX_SAFE_INTEGER);
    expect(safeInteger(-9_007_199_254_740_991n)).toBe(Number.MIN_SAFE_INTEGER);
    expect(() => safeInteger(9_007_199_254_740_992n)).toThrow(RangeError);
    expect(() => safeInteger(-9_007_199_254_740_993n)).toThrow(RangeError);
  });
});

describe('an amount in words', () => {
  it.each([
    [1_234, 'EUR', '12.34'],
    [5, 'EUR', '0.05'],
    [-5, 'EUR', '-0.05'],
    [0, 'EUR', '0.00'],
    [1_234, 'JPY', '1234'],
    [0, 'JPY', '0'],
    [-7, 'JPY', '-7'],
    [1_234, 'KWD', '1.234'],
    [-1, 'KWD', '-0.001'],
    [Number.MAX_SAFE_INTEGER, 'EUR', '90071992547409.91'],
  ])('%s minor units of %s are %s', (amountMinor, currency, text) => {
    expect(formatMinor(amountMinor, currency)).toBe(text);
  });

  it('says what was put in', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom('EUR', 'JPY', 'KWD'), (amountMinor, currency) => {
        const read = parseDecimal(formatMinor(amountMinor, currency));
        expect(read && toScale(read, currencyExponent(currency))).toBe(BigInt(amountMinor));
      }),
    );
  });
});
