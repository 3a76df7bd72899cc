import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DocumentStoreContract, documentStoreContract, documentStoreContractCanFail } from '@regulars/port-contracts';
import { openReadModels } from './open-read-models';

describe('embedded read models', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'read-models-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const open = () => openReadModels({ file: join(folder, 'read-models.db') });

  const contract: DocumentStoreContract = {
    name: 'libsql in a thread',
    create: open,
    reopen: async (store) => {
      await store.close();
      return open();
    },
    dispose: (store) => store.close(),
  };

  documentStoreContract(contract);
  documentStoreContractCanFail(contract);
});
