import { Flaw } from './flaw';
import type { IdTransform } from './mapping-schema';

const transforms: Readonly<Record<IdTransform, (text: string) => string | Flaw>> = {
  'integer-text': (text) => {
    const match = /^(\d+)(?:\.0*)?$/.exec(text);
    return match?.[1] ?? new Flaw(`"${text}" is no whole number`);
  },
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  'strip-leading-zeros': (text) => text.replace(/^0+(?=.)/, ''),
  'single-spaces': (text) => text.replace(/\s+/g, ' '),
};

/** Applies a field's transforms in order; empty text stays empty. */
export function transformed(text: string, names: readonly IdTransform[]): string | Flaw {
  let value: string | Flaw = text;
  for (const name of names) {
    if (value instanceof Flaw || value === '') return value;
    value = transforms[name](value);
  }
  return value;
}
