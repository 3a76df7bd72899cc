import fc from 'fast-check';
import { sequenceGaps, withNumber } from './sequence-gaps';

type Ranges = readonly (readonly [number, number])[];
const of = (numbers: readonly number[]): Ranges => numbers.reduce<Ranges>(withNumber, []);

describe('the running sequence of a terminal', () => {
  it('shows what is missing between the first and the last', () => {
    const document = { store: 's1', terminal: 't1', received: 5, ranges: of([3, 1, 7, 2, 8]), truncated: false };
    expect(sequenceGaps(document)).toEqual({
      store: 's1',
      terminal: 't1',
      first: 1,
      last: 8,
      received: 5,
      missing: [[4, 6]],
      missingCount: 3,
      truncated: false,
    });
  });

  it('does not depend on the order or number of arrivals', () => {
    const numbers = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 60 });
    fc.assert(
      fc.property(numbers, (given) => {
        const covered = of(given).flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
        expect(covered).toEqual([...new Set(given)].sort((a, b) => a - b));
        expect(of([...given, ...given].reverse())).toEqual(of(given));
      }),
    );
  });
});
