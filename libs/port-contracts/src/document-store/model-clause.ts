import type { JsonObject } from '@regulars/kernel';
import type { DocumentStore, DocumentWrite, FindOptions } from '@regulars/ports';
import { InMemoryDocumentStore } from '@regulars/testing';
import fc from 'fast-check';
import { assertSame, readPages } from './clause';
import type { DocumentStoreClause } from './clause';

/** One thing done to a store; `name` keeps the runs apart. Its answer is compared with the model's. */
type Step = (store: DocumentStore, name: string) => Promise<unknown>;

const INDEXES = ['group', 'rank'];
const version = fc.constantFrom('1', '2');
const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', '__proto__', '😀', '～', 'A');
const position = fc.constantFrom('1', '2', '3', '4', '5', '10', '25');
const value = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom('x', 'X', 'xy', '', '1', '😀', '～', 'x\0'),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const anything = fc.oneof(value, fc.constantFrom(null, true), fc.jsonValue({ maxDepth: 1 }));
const document = fc.record({ group: anything, rank: anything, other: fc.jsonValue() }, { requiredKeys: [] }) as fc.Arbitrary<JsonObject>;
const write = fc.record({ id, position, document }) as fc.Arbitrary<DocumentWrite>;
const field = fc.constantFrom(...INDEXES);
const bounds = fc.oneof(
  fc.record({ from: fc.integer({ min: -3, max: 3 }), to: fc.integer({ min: -3, max: 3 }) }),
  fc.record({ from: value }),
  fc.record({ to: value }),
);
const filter = fc.record(
  {
    where: fc.dictionary(field, value, { maxKeys: 1, noNullPrototype: true }),
    range: fc.dictionary(field, bounds, { maxKeys: 1, noNullPrototype: true }),
  },
  { requiredKeys: [] },
);
const order = fc.record({ orderBy: field, descending: fc.boolean(), limit: fc.integer({ min: 1, max: 4 }) }, { requiredKeys: ['limit'] });

const open = (store: DocumentStore, name: string, which: string) => store.collection({ name, version: which, indexes: INDEXES });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(version, fc.array(write, { maxLength: 8 })).map(
      ([of, writes]): Step =>
        async (store, name) =>
          (await open(store, name, of)).write(writes),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(version, fc.array(id)).map(
      ([of, ids]): Step =>
        async (store, name) =>
          (await open(store, name, of)).getMany(ids),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(version, filter, order).map(
      ([of, some, by]): Step =>
        async (store, name) =>
          readPages(await open(store, name, of), { ...some, ...by } as FindOptions),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(version, filter).map(
      ([of, some]): Step =>
        async (store, name) =>
          (await open(store, name, of)).count(some as FindOptions),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.option(version, { nil: undefined }), version)
      .map(([from, to]): Step => async (store, name) => [await store.switchVersion(name, from, to), await store.activeVersion(name)]),
  },
  {
    weight: 1,
    arbitrary: version.map(
      (of): Step =>
        async (store, name) =>
          store.dropVersion(name, of).then(
            () => 'dropped',
            () => 'refused',
          ),
    ),
  },
  {
    weight: 1,
    arbitrary: position.map((at): Step => async (store, name) => {
      await store.saveCheckpoint(name, at);
      return store.loadCheckpoint(name);
    }),
  },
);

/** Random histories, step by step, against the honest double. */
export const modelClause: DocumentStoreClause = {
  name: 'answers like the model to any history',
  check: async ({ store }) => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const name = `model-${++run}`;
        const model = new InMemoryDocumentStore();
        for (const take of steps) assertSame(await take(store, name), await take(model, name));
      }),
      { numRuns: 60 },
    );
  },
};
