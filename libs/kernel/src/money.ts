/**
 * Money is an integer of minor units (cents, pence, yen). Only what is not two decimals is listed;
 * source: ISO 4217 list one, minor unit column.
 */
const EXPONENTS: Readonly<Record<string, number>> = {
  BHD: 3,
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  IQD: 3,
  ISK: 0,
  JOD: 3,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  PYG: 0,
  RWF: 0,
  TND: 3,
  UGX: 0,
  UYI: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
};

/** Decimals of a currency's minor unit: 2 for EUR, 0 for JPY, 3 for KWD. */
export function currencyExponent(currency: string): number {
  return EXPONENTS[currency] ?? 2;
}

/** A decimal number held exactly: `digits × 10^-scale`. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** Reads a plain decimal text (`-12.345`; no exponent, no separators, at most 30 digits) or returns undefined. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = /^([+-]?)(\d{1,20})(?:\.(\d{1,10}))?$/.exec(text);
  if (!match) return undefined;
  const fraction = match[3] ?? '';
  const digits = BigInt(`${match[2]}${fraction}`);
  return { digits: match[1] === '-' ? -digits : digits, scale: fraction.length };
}

/** Integer division that rounds half away from zero: 5/2 → 3, -5/2 → -3. The rounding rule of every amount here. */
export function divideHalfAway(numerator: bigint, denominator: bigint): bigint {
  if (denominator <= 0n) throw new RangeError('denominator must be positive');
  const negative = numerator < 0n;
  const magnitude = negative ? -numerator : numerator;
  const rounded = (2n * magnitude + denominator) / (2n * denominator);
  return negative ? -rounded : rounded;
}

/** Brings an exact decimal to `scale` decimals as an integer, half away from zero. */
export function toScale(value: Decimal, scale: number): bigint {
  return value.scale <= scale
    ? value.digits * 10n ** BigInt(scale - value.scale)
    : divideHalfAway(value.digits, 10n ** BigInt(value.scale - scale));
}

/**
 * The amount of a line in minor units: unit price × quantity, rounded half away from zero once, at the line.
 * `unitPrice` is in minor units, as decimal text where it is finer than that ("295.5"); `quantityThousandths` is an
 * integer (1,000 = one piece or one kilogram). Throws RangeError on an unreadable price or an amount beyond exact integers.
 */
export function lineAmount(unitPrice: number | string, quantityThousandths: number): number {
  if (typeof unitPrice === 'number') {
    const product = unitPrice * quantityThousandths;
    // Small enough that doubling and adding stays exact: the same rounding without big integers.
    if (product >= 0 && product < 2 ** 51) return Math.floor((product * 2 + 1000) / 2000);
  }
  const price = parseDecimal(String(unitPrice));
  if (!price) throw new RangeError('unit price is no decimal number');
  const product = { digits: price.digits * BigInt(quantityThousandths), scale: price.scale + 3 };
  return safeInteger(toScale(product, 0));
}

/** A bigint as a number, or a RangeError where a double could not hold it exactly. */
export function safeInteger(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError('amount is beyond ±9,007,199,254,740,991 minor units');
  return number;
}

/** Minor units as plain decimal text of major units: 1234 EUR → "12.34". */
export function formatMinor(amountMinor: number, currency: string): string {
  const exponent = currencyExponent(currency);
  const digits = String(Math.abs(amountMinor)).padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  return `${amountMinor < 0 ? '-' : ''}${whole}${exponent ? `.${digits.slice(-exponent)}` : ''}`;
}
