import { InMemoryDocumentStore, noDocuments } from '@regulars/testing';
import type { DocumentStoreClause } from './clause';
import { documentStoreClauses } from './clauses';
import { documentStoreContract } from './contract';
import type { PlantedBug } from './planted-bug';
import { plantedDocumentStoreBugs } from './planted-bugs';

/** The failed assertion; undefined where the clause holds. Any other error is the bug's own and proves nothing. */
async function failureOf(clause: DocumentStoreClause, open: PlantedBug['open']): Promise<string | undefined> {
  const documents = noDocuments();
  try {
    await clause.check({ store: open(documents), reopen: async () => open(documents) });
    return undefined;
  } catch (error) {
    // Not by class: assertions come from another realm than Jest's. fast-check wraps them.
    const failure = ((error as { cause?: unknown }).cause ?? error) as { code?: unknown; message?: string };
    if (failure.code !== 'ERR_ASSERTION') throw error;
    return failure.message;
  }
}

const kept = new WeakMap<object, ReturnType<typeof noDocuments>>();
const open = (documents = noDocuments()) => {
  const store = new InMemoryDocumentStore(documents);
  kept.set(store, documents);
  return store;
};

documentStoreContract({
  name: 'the in-memory double',
  create: async () => open(),
  reopen: async (store) => open(kept.get(store)),
  dispose: (store) => store.close(),
});

describe('the contract of document stores can fail', () => {
  test.each(plantedDocumentStoreBugs.map((bug) => [bug.bug, bug] as const))('a store that %s is caught', async (_, bug) => {
    const clause = documentStoreClauses.find(({ name }) => name === bug.caughtBy);
    expect(clause).toBeDefined();
    if (clause) expect(await failureOf(clause, bug.open)).toBeDefined();
  });

  test.each(documentStoreClauses.map(({ name }) => name))('there is a bug for: %s', (name) => {
    expect(plantedDocumentStoreBugs.filter(({ caughtBy }) => caughtBy === name)).not.toEqual([]);
  });
});
