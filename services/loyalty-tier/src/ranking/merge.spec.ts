import * as fc from 'fast-check';
import { Dictionary, type NamesHandle } from '../contribution/dictionary';
import { fillCandidates, NO_BAND, rank, type CountedCustomers, type Ranking } from '../contribution/ranking';
import { rankingDigest } from '../contribution/ranking-digest';
import { addDigests } from '../contribution/digest';
import { emptySums, entriesOf, netOf, packCounts, visitsOf, type Sums } from '../contribution/sums';
import { bandsOf } from './bands';
import { distributionOf } from './distribution';
import type { Content } from './messages';
import { roundsOf, type Work } from './rounds';
import { compareIds, firstIds } from './ties';
import { valuesIn } from './values';

const LABELS = ['a', 'b', 'b', 'c', 'd'];
const PERCENTS = [10, 20, 25, 60, 100];

interface Person {
  readonly id: string;
  readonly amount: number;
  readonly entries: number;
  readonly partition: number;
}

interface Partition {
  readonly customers: NamesHandle;
  readonly dictionary: Dictionary;
  readonly sums: Sums;
}

function partitionOf(people: readonly Person[]): Partition {
  const dictionary = new Dictionary(12);
  const sums = emptySums(people.length);
  for (const { id, amount, entries } of people) {
    const number = dictionary.intern(id);
    sums[number * 2] = amount;
    sums[number * 2 + 1] = packCounts(entries, entries);
  }
  return { customers: dictionary.handle(), dictionary, sums };
}

/** What a partition answers in a round, without threads and without parts. */
function answer({ customers, dictionary, sums }: Partition, work: Work, count: CountedCustomers, subject?: string): Content[] {
  const all = { values: new Float64Array(customers.size), numbers: new Uint32Array(customers.size) };
  const n = fillCandidates(sums, count, all.values, all.numbers);
  const [values, numbers] = [all.values.subarray(0, n), all.numbers.subarray(0, n)];
  switch (work.round) {
    case 'distribution': {
      const number = subject === undefined ? -1 : dictionary.find(subject);
      const amount = number < 0 ? 0 : netOf(sums, number);
      const ranked = number >= 0 && entriesOf(sums, number) > 0 && (count === 'all' || amount > 0);
      const known = number < 0 ? undefined : { amount, visits: visitsOf(sums, number), ranked, known: true };
      return [{ round: 'distribution', buckets: distributionOf(values), categoryKnown: true, subject: known }];
    }
    case 'values':
      return [{ round: 'values', values: valuesIn(values, work.buckets) }];
    case 'ties':
      return firstIds({ values, numbers, customers, ties: work.ties }).map((ids, tie) => ({ round: 'ties', tie, ids }));
    case 'bands': {
      const bands = new Uint8Array(customers.size);
      const part = bandsOf({ sums, values, numbers, customers, percents: PERCENTS, cuts: work.cuts, bands, subject: work.subject });
      const digest = rankingDigest({ sums, bands, customers, labels: LABELS, fromCustomer: 0, toCustomer: customers.size });
      return [{ round: 'bands', ...part, bands: [...part.bands], outdone: [...part.outdone], digest }];
    }
    case 'digest':
      throw new Error('no digest is asked for');
  }
}

function gathered(partitions: readonly Partition[], count: CountedCustomers, subject?: string) {
  const query = { fromDay: 0, toDay: 1 };
  const rounds = roundsOf({ kind: 'ranking', query, count, percents: PERCENTS, labels: LABELS, subject });
  let step = rounds.next();
  while (!step.done) {
    const work = step.value;
    step = rounds.next(partitions.flatMap((partition) => answer(partition, work, count, subject)));
  }
  if (step.value.kind !== 'ranking') throw new Error('no ranking came of it');
  return step.value;
}

function whole(people: readonly Person[], count: CountedCustomers, subject?: string): { ranking: Ranking; digest: string } {
  const { customers, dictionary, sums } = partitionOf(people);
  const bands = new Uint8Array(customers.size).fill(NO_BAND);
  const number = subject === undefined ? -1 : dictionary.find(subject);
  const ranking = rank({ sums, customers, count, percents: PERCENTS, bands, subject: number < 0 ? undefined : number });
  return { ranking, digest: rankingDigest({ sums, bands, customers, labels: LABELS, fromCustomer: 0, toCustomer: customers.size }) };
}

const ids = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
  fc.constantFrom('\uffff', '\u{10000}', '\ue000', '\ud7ff', 'a', 'aa', 'b', '10', '9'),
  fc.integer({ min: 0, max: 99 }).map((n) => `c${n}`),
);
const amounts = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0, 1, 5, 5, 5, -5, 100) },
  { weight: 3, arbitrary: fc.integer({ min: -50, max: 200 }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 2 ** 40, 2 ** 40 + 1) },
);
const people = fc.uniqueArray(fc.record({ id: ids, amount: amounts, entries: fc.integer({ min: 0, max: 2 }), partition: fc.nat() }), {
  selector: ({ id }) => id,
  maxLength: 60,
});

test('partitions together come to the ranking of the whole: cuts, ties, bands, digests, and where anybody stands', () => {
  const property = fc.property(
    people,
    fc.integer({ min: 1, max: 12 }),
    fc.constantFrom('all', 'positive'),
    fc.nat(),
    (all, parts, count, who) => {
      const partitions = Array.from({ length: parts }, (_, i) => partitionOf(all.filter(({ partition }) => partition % parts === i)));
      const subjects = [
        undefined,
        'nobody at all',
        ...all
          .slice(who % (all.length + 1))
          .slice(0, 4)
          .map(({ id }) => id),
      ];
      for (const subject of subjects) {
        const { ranking, digest } = gathered(partitions, count as CountedCustomers, subject);
        expect({ ranking, digest }).toEqual(whole(all, count as CountedCustomers, subject));
      }
    },
  );
  fc.assert(property, { numRuns: 200 });
});

test('a tie of all customers is cut by id, wherever they are', () => {
  const all = Array.from({ length: 97 }, (_, i) => ({ id: `c${i}`, amount: 7, entries: 1, partition: i % 5 }));
  const partitions = [0, 1, 2, 3, 4, 5].map((own) => partitionOf(all.filter(({ partition }) => partition === own)));
  for (const { id } of all) expect(gathered(partitions, 'all', id).ranking).toEqual(whole(all, 'all', id).ranking);
});

test('ids are ordered by their UTF-8 bytes', () => {
  const property = fc.property(ids, ids, (a, b) => {
    expect(Math.sign(compareIds(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
  });
  fc.assert(property, { numRuns: 1_000 });
});

describe('answers that do not fit together are refused', () => {
  const all = Array.from({ length: 40 }, (_, i) => ({ id: `c${i}`, amount: i, entries: 1, partition: i % 2 }));
  const partitions = [0, 1].map((own) => partitionOf(all.filter(({ partition }) => partition === own)));
  const query = { fromDay: 0, toDay: 1 };
  const task = { kind: 'ranking' as const, query, count: 'all' as const, percents: PERCENTS };
  const parts = (work: Work, of: readonly Partition[] = partitions) => of.flatMap((partition) => answer(partition, work, 'all'));

  test('a partition that is left out of the bands', () => {
    const rounds = roundsOf(task);
    let step = rounds.next();
    while (!step.done && step.value.round !== 'bands') step = rounds.next(parts(step.value));
    expect(() => rounds.next(parts(step.value as Work, partitions.slice(1)))).toThrow('do not hold as many customers');
  });

  test('a partition whose amounts come twice', () => {
    const rounds = roundsOf(task);
    const first = rounds.next();
    const second = rounds.next(parts(first.value as Work));
    expect(() => rounds.next(parts(second.value as Work, [...partitions, ...partitions]))).toThrow('not those they counted');
  });
});

test('digests of partitions add up', () => {
  const all = Array.from({ length: 10 }, (_, i) => ({ id: `c${i}`, amount: i, entries: 1, partition: 0 }));
  const { digest } = whole(all, 'all');
  expect(gathered([partitionOf(all), partitionOf([])], 'all').digest).toBe(digest);
  expect(addDigests(digest, '0'.repeat(64))).toBe(digest);
});
