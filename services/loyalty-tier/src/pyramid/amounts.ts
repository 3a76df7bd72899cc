import { formatMinor } from '@regulars/kernel';

/** A whole number with commas: 1234567 → "1,234,567". */
export function grouped(value: number | string): string {
  return String(value).replace(/^(-?)(\d+)/, (_, sign: string, digits: string) => sign + digits.replace(/\B(?=(\d{3})+$)/g, ','));
}

/** Minor units as major units with commas: 123456 EUR → "1,234.56". */
export function majorUnits(amountMinor: number, currency: string): string {
  return grouped(formatMinor(amountMinor, currency));
}

/** A share with its two decimals: 60.1 → "60.10". */
export function twoDecimals(share: number): string {
  const [whole, fraction = ''] = String(share).split('.');
  return `${whole}.${fraction.padEnd(2, '0')}`;
}

/** A share in percent with two decimals: 60.1 → "60.10 %"; a dash where there is none. */
export function percentText(share: number | null): string {
  return share === null ? '–' : `${twoDecimals(share)} %`;
}
