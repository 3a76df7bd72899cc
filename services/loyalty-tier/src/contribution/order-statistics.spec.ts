import * as fc from 'fast-check';
import { kthLargest, selectSmallest } from './order-statistics';

const value = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: -1_000_000, max: 1_000_000 }),
  fc.maxSafeInteger(),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 32, -(2 ** 32)),
);

test('the k-th largest, with how many are larger and equal, is that of a full sort', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), (list, picks) => {
      const ks = picks.map((pick) => (pick % list.length) + 1);
      const sorted = [...list].sort((a, b) => b - a);
      const expected = ks.map((k) => {
        const kth = sorted[k - 1]!;
        return { value: kth, larger: list.filter((one) => one > kth).length, equal: list.filter((one) => one === kth).length };
      });
      expect(kthLargest(Float64Array.from(list), ks)).toEqual(expected);
    }),
  );
});

test('selection brings the smallest to the front, whatever the order and the ties', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 200 }), fc.nat(), fc.nat(), (list, a, b) => {
      const from = list.length ? a % list.length : 0;
      const count = list.length ? b % (list.length - from + 1) : 0;
      const items = Uint32Array.from(list);
      selectSmallest(items, from, items.length, count, (x, y) => x - y);
      const expected = list.slice(from).sort((x, y) => x - y);
      expect([...items.slice(from, from + count)].sort((x, y) => x - y)).toEqual(expected.slice(0, count));
      expect([...items].sort()).toEqual([...Uint32Array.from(list)].sort());
      expect([...items.slice(0, from)]).toEqual(list.slice(0, from));
    }),
  );
});

test('a great many equals cost no more than a pass', () => {
  const n = 200_000;
  expect(kthLargest(new Float64Array(n).fill(7), [1, n / 2, n])).toEqual(Array(3).fill({ value: 7, larger: 0, equal: n }));
});
