import { InMemoryDocumentStore, noDocuments } from '@regulars/testing';
import { documentStoreClauses } from './clauses';
import { type DocumentStoreContract, documentStoreContract } from './contract';
import { documentStoreContractCanFail } from './contract-can-fail';
import { plantedDocumentStoreBugs } from './planted-bugs';

const kept = new WeakMap<object, ReturnType<typeof noDocuments>>();
const open = (documents = noDocuments()) => {
  const store = new InMemoryDocumentStore(documents);
  kept.set(store, documents);
  return store;
};

const inMemory: DocumentStoreContract = {
  name: 'the in-memory double',
  create: async () => open(),
  reopen: async (store) => open(kept.get(store)),
  dispose: (store) => store.close(),
};

documentStoreContract(inMemory);
documentStoreContractCanFail(inMemory);

test.each(documentStoreClauses.map(({ name }) => name))('there is a bug for: %s', (name) => {
  expect(plantedDocumentStoreBugs.filter(({ caughtBy }) => caughtBy === name)).not.toEqual([]);
});
