import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreUnavailable } from '@regulars/ports';
import { ReadModelsDamaged } from './errors';
import { openReadModels } from './open-read-models';

describe('a damaged file of the embedded read models', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'read-models-'));
    file = join(folder, 'read-models.db');
    const store = await openReadModels({ file });
    const documents = await store.collection({ name: 'customers', version: '1', indexes: ['rank'] });
    await documents.write(
      Array.from({ length: 2_000 }, (_, rank) => ({ id: `customer-${rank}`, position: '1', document: { rank, text: 'x'.repeat(200) } })),
    );
    await store.close();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function refusal(): Promise<unknown> {
    return openReadModels({ file }).then(
      (store) => store.close(),
      (error: unknown) => error,
    );
  }

  const damages: Record<string, () => Promise<void>> = {
    'that is no database': () => writeFile(file, 'something else entirely\n'.repeat(500)),
    'that was cut in the middle': async () => truncate(file, Math.floor((await stat(file)).size / 2)),
    'that was cut after its head': () => truncate(file, 5_000),
    'with foreign bytes in the middle': async () => {
      const bytes = await readFile(file);
      await writeFile(file, bytes.fill(0x5a, bytes.length >> 1, (bytes.length >> 1) + 20_000));
    },
  };

  test.each(Object.entries(damages))('%s is refused, with what to do', async (_, damage) => {
    await damage();
    const error = await refusal();
    expect(error).toBeInstanceOf(ReadModelsDamaged);
    expect(String(error)).toMatch(/delete this file.*rebuilt from the events/);
    await rm(file);
    expect(await refusal()).toBeUndefined();
  });

  test('a file that another owner has open, or that cannot be, is unavailable', async () => {
    const store = await openReadModels({ file });
    await expect(openReadModels({ file })).rejects.toThrow(/in use by another process/);
    await store.close();
    await expect(openReadModels({ file: join(folder, 'missing', 'x.db') })).rejects.toBeInstanceOf(StoreUnavailable);
  });

  test('a closed store refuses calls and can be closed again', async () => {
    const store = await openReadModels({ file });
    const documents = await store.collection({ name: 'customers', version: '1', indexes: [] });
    const accepted = documents.write([{ id: 'last', position: '1', document: {} }]);
    await Promise.all([store.close(), store.close()]);
    expect(await accepted).toEqual({ applied: 1, skipped: 0 });
    await expect(documents.get('last')).rejects.toBeInstanceOf(StoreUnavailable);
    await store.close();
  });
});
