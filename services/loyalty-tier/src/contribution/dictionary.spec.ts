import * as fc from 'fast-check';
import { Dictionary, NAME_BYTES_MAX, Names } from './dictionary';

test('names get dense numbers in order of first sight and keep them', () => {
  const name = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.string({ maxLength: 3 }));
  fc.assert(
    fc.property(fc.array(name, { maxLength: 400 }), (names) => {
      const dictionary = new Dictionary(12);
      const known = new Map<string, number>();
      for (const one of names) {
        expect(dictionary.find(one)).toBe(known.get(one) ?? -1);
        if (!known.has(one)) known.set(one, known.size);
        expect(dictionary.intern(one)).toBe(known.get(one));
      }
      const reader = new Names(dictionary.handle());
      for (const [one, number] of known) expect(reader.name(number)).toBe(one);
      const byBytes = [...known.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect([...known.values()].sort((a, b) => reader.compare(a, b)).map((number) => reader.name(number))).toEqual(byBytes);
    }),
    { numRuns: 50 },
  );
});

test('it grows past many chunks and tables, while an earlier view stays as it was', () => {
  const dictionary = new Dictionary(12);
  dictionary.intern('first');
  const early = new Names(dictionary.handle());
  for (let i = 0; i < 20_000; i++) expect(dictionary.intern(`customer-${i}`)).toBe(i + 1);
  for (let i = 0; i < 20_000; i += 7) expect(dictionary.find(`customer-${i}`)).toBe(i + 1);
  expect(dictionary.find('customer-20000')).toBe(-1);
  expect(early.size).toBe(1);
  expect(early.name(0)).toBe('first');
  const longest = 'é'.repeat(NAME_BYTES_MAX / 2);
  expect(dictionary.find(longest)).toBe(-1);
  expect(new Names((dictionary.intern(longest), dictionary.handle())).name(20_001)).toBe(longest);
});

test('what no dictionary can hold is refused', () => {
  const dictionary = new Dictionary();
  for (const name of ['x'.repeat(NAME_BYTES_MAX + 1), 'é'.repeat(NAME_BYTES_MAX / 2 + 1), 'a\ud800', '\udc00']) {
    expect(() => dictionary.intern(name)).toThrow(RangeError);
    expect(() => dictionary.find(name)).toThrow(RangeError);
  }
  expect(dictionary.size).toBe(0);
});
