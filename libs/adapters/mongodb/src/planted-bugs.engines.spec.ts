import { documentStoreContractCanFail } from '@regulars/port-contracts';
import { TestDatabases } from '../spec-support/test-databases';

describe('over MongoDB', () => {
  const databases = new TestDatabases();
  afterAll(() => databases.close());

  documentStoreContractCanFail({
    name: 'MongoDB',
    create: () => databases.open(),
    reopen: async (store) => databases.reopen(store),
    dispose: (store) => databases.dispose(store),
  });
});
