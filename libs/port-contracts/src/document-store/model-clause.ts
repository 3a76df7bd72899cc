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

/** Steps of one kind; `take` gets the arguments, which a counterexample prints. */
function steps<Args>(
  kind: string,
  args: fc.Arbitrary<Args>,
  take: (store: DocumentStore, name: string, args: Args) => Promise<unknown>,
): fc.Arbitrary<Step> {
  return args.map((drawn) => {
    const step: Step = (store, name) => take(store, name, drawn);
    return Object.assign(step, { [fc.toStringMethod]: () => `${kind}(${fc.stringify(drawn)})` });
  });
}

const writing = steps('write', fc.tuple(version, fc.array(write, { maxLength: 8 })), async (store, name, [of, writes]) =>
  (await open(store, name, of)).write(writes),
);
const getting = steps('getMany', fc.tuple(version, fc.array(id)), async (store, name, [of, ids]) =>
  (await open(store, name, of)).getMany(ids),
);
const finding = steps('find', fc.tuple(version, filter, order), async (store, name, [of, some, by]) =>
  readPages(await open(store, name, of), { ...some, ...by } as FindOptions),
);
const counting = steps('count', fc.tuple(version, filter), async (store, name, [of, some]) =>
  (await open(store, name, of)).count(some as FindOptions),
);
const switching = steps('switch', fc.tuple(fc.option(version, { nil: undefined }), version), async (store, name, [from, to]) => [
  await store.switchVersion(name, from, to),
  await store.activeVersion(name),
]);
const dropping = steps('drop', version, (store, name, of) =>
  store.dropVersion(name, of).then(
    () => 'dropped',
    () => 'refused',
  ),
);
const checkpointing = steps('checkpoint', position, async (store, name, at) => {
  await store.saveCheckpoint(name, at);
  return store.loadCheckpoint(name);
});

const anyStep = fc.oneof(
  { weight: 6, arbitrary: writing },
  { weight: 6, arbitrary: finding },
  { weight: 2, arbitrary: getting },
  { weight: 2, arbitrary: counting },
  switching,
  dropping,
  checkpointing,
);

/** Random histories, step by step, against the honest double. */
export const modelClause: DocumentStoreClause = {
  name: 'answers like the model to any history',
  check: async ({ store }) => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 25 }), async (history) => {
        const name = `model-${++run}`;
        const model = new InMemoryDocumentStore();
        for (const take of history) assertSame(await take(store, name), await take(model, name));
      }),
      { numRuns: 60 },
    );
  },
};
