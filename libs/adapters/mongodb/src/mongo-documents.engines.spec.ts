import { documentStoreContract } from '@regulars/port-contracts';
import { TestDatabases } from '../spec-support/test-databases';

describe('documents in MongoDB', () => {
  const databases = new TestDatabases();
  afterAll(() => databases.close());

  documentStoreContract({
    name: 'MongoDB',
    create: () => databases.open(),
    reopen: async (store) => databases.reopen(store),
    dispose: (store) => databases.dispose(store),
  });
});
