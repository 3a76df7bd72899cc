import { decimalReader, impliedPrice, lineAmountOf, priceOf, quantityOf, type Amount } from './amounts';
import { Flaw } from './flaw';

const plain = decimalReader({ decimal: '.', thousands: '', ignore: '' });
const shown = (value: Amount | Flaw) => (value instanceof Flaw ? `flaw: ${value.reason}` : `${value.negative ? '-' : ''}${value.json}`);

describe('amounts', () => {
  it.each([
    ['2.55', 2, '255'],
    ['2.955', 2, '"295.5"'],
    ['0.001', 2, '"0.1"'],
    ['38970', 2, '3897000'],
    ['-11062.06', 2, '-1106206'],
    ['0', 2, '0'],
    ['250', 0, '250'],
    ['1.2345', 3, '"1234.5"'],
    ['.5', 2, '50'],
    ['1.1234567', 2, 'flaw: "1.1234567" has too many decimals'],
    ['1e3', 2, 'flaw: "1e3" is no number'],
    ['', 2, 'flaw: "" is no number'],
    ['12,50', 2, 'flaw: "12,50" is no number'],
  ])('a unit price of %s with exponent %d is %s', (text, exponent, expected) => {
    expect(shown(priceOf(text, plain, exponent))).toBe(expected);
  });

  it('rounds amounts of a line half away from zero', () => {
    expect(shown(lineAmountOf('0.125', plain, 2))).toBe('13');
    expect(shown(lineAmountOf('-0.125', plain, 2))).toBe('-13');
  });

  it('takes quantities with three decimals and no more', () => {
    expect(shown(quantityOf('0.4560', plain))).toBe('0.456');
    expect(shown(quantityOf('-6', plain))).toBe('-6');
    expect(shown(quantityOf('0.4567', plain))).toContain('too many decimals');
  });

  it('reads separators as the file has them, and thousands only in their places', () => {
    const german = decimalReader({ decimal: ',', thousands: '.', ignore: '€ ' });
    expect(shown(priceOf('1.234,56 €', german, 2))).toBe('123456');
    expect(shown(priceOf('12.34', german, 2))).toBe('flaw: "12.34" is no number');
    const swiss = decimalReader({ decimal: '.', thousands: "'", ignore: '' });
    expect(shown(priceOf("1'234'567.5", swiss, 2))).toBe('123456750');
    expect(shown(priceOf("1'23", swiss, 2))).toContain('is no number');
  });

  it('derives the unit price of a line that tells only its net', () => {
    const of = (net: string, quantity: string) =>
      shown(impliedPrice(lineAmountOf(net, plain, 2) as Amount, quantityOf(quantity, plain) as Amount));
    expect(of('10.00', '3')).toBe('"333.3333"');
    expect(of('10.00', '4')).toBe('250');
    expect(of('1.00', '0.25')).toBe('400');
  });
});
