import { divideHalfAway, parseDecimal, toScale, type Decimal } from '@regulars/kernel';
import { Flaw } from './flaw';
import type { Mapping } from './mapping-schema';

/** A number of a line: exact, with its sign apart, and the JSON text it is sent as. */
export interface Amount {
  readonly negative: boolean;
  readonly json: string;
  readonly magnitude: Decimal;
}

type Formats = Pick<Mapping['formats'], 'decimal' | 'thousands' | 'ignore'>;

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Reads decimals as the file writes them. Thousands separators count only where they really part thousands. */
export function decimalReader({ decimal, thousands, ignore }: Formats): (text: string) => Decimal | Flaw {
  const grouped = thousands && new RegExp(`^[+-]?\\d{1,3}(${escape(thousands)}\\d{3})+(${escape(decimal)}\\d*)?$`);
  const ignored = ignore && new RegExp([...ignore].map(escape).join('|'), 'g');
  return (text) => {
    let plain = ignored ? text.replace(ignored, '') : text;
    if (grouped && grouped.test(plain)) plain = plain.replaceAll(thousands, '');
    else if (thousands && plain.includes(thousands)) return new Flaw(`"${text}" is no number`);
    if (decimal === ',') plain = plain.includes('.') ? '' : plain.replace(',', '.');
    return parseDecimal(plain.replace(/^([+-]?)\./, '$10.').replace(/\.$/, '')) ?? new Flaw(`"${text}" is no number`);
  };
}

/** A decimal as JSON: a number where it is whole, otherwise what `fractional` makes of its shortest plain text. */
function jsonOf(value: Decimal, maximumDecimals: number, text: string, fractional: (plain: string) => string): Amount | Flaw {
  const negative = value.digits < 0n;
  let digits = negative ? -value.digits : value.digits;
  let scale = value.scale;
  while (scale > 0 && digits % 10n === 0n) {
    digits /= 10n;
    scale--;
  }
  if (scale > maximumDecimals) return new Flaw(`"${text}" has too many decimals`);
  const plain = digits.toString().padStart(scale + 1, '0');
  const whole = plain.slice(0, plain.length - scale);
  return { negative, magnitude: { digits, scale }, json: scale === 0 ? whole : fractional(`${whole}.${plain.slice(-scale)}`) };
}

/** A quantity in units, with at most three decimals. */
export function quantityOf(text: string, read: (text: string) => Decimal | Flaw): Amount | Flaw {
  const value = read(text);
  return value instanceof Flaw ? value : jsonOf(value, 3, text, (plain) => plain);
}

/** A unit price in minor units; as decimal text where it is finer ("295.5"), with at most four decimals. */
export function priceOf(text: string, read: (text: string) => Decimal | Flaw, exponent: number): Amount | Flaw {
  const value = read(text);
  return value instanceof Flaw ? value : jsonOf(shifted(value, exponent), 4, text, (plain) => `"${plain}"`);
}

/** An amount of a whole line in minor units, rounded half away from zero where the file is finer. */
export function lineAmountOf(text: string, read: (text: string) => Decimal | Flaw, exponent: number): Amount | Flaw {
  const value = read(text);
  return value instanceof Flaw ? value : jsonOf({ digits: toScale(value, exponent), scale: 0 }, 0, text, (plain) => plain);
}

/** The unit price that a line's net and quantity imply, in minor units to four decimals: for files that tell only totals. */
export function impliedPrice(net: Amount, quantity: Amount): Amount | Flaw {
  const { digits, scale } = quantity.magnitude;
  if (digits === 0n) return new Flaw('the quantity is 0');
  return jsonOf(
    { digits: divideHalfAway(net.magnitude.digits * 10n ** BigInt(4 + scale), digits), scale: 4 },
    4,
    '',
    (plain) => `"${plain}"`,
  );
}

function shifted(value: Decimal, exponent: number): Decimal {
  return value.scale >= exponent
    ? { digits: value.digits, scale: value.scale - exponent }
    : { digits: value.digits * 10n ** BigInt(exponent - value.scale), scale: 0 };
}
