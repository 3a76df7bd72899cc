import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openReadModels } from './open-read-models';

const READ_MODELS = join(__dirname, '..', '..', 'dist', 'read-models', 'open-read-models.js');

/** Does every kind of step once and kills itself at the moment told; says how far it got. */
const VICTIM = `
const { openReadModels } = require(process.argv[1]);
(async () => {
  let armed = false;
  const failpoint = (name) => { if (armed && name === process.argv[3]) process.kill(process.pid, 'SIGKILL'); };
  const store = await openReadModels({ file: process.argv[2], failpoint });
  const open = (version, indexes) => store.collection({ name: 'c', version, indexes });
  const documents = await open('1', []);
  await open('0', []);
  await documents.write([{ id: 'a', position: '1', document: { step: 0 } }]);
  await store.switchVersion('c', undefined, '0');
  await store.saveCheckpoint('consumer', '1');
  armed = true;
  await documents.write([{ id: 'a', position: '2', document: { step: 1 } }, { id: 'b', position: '2', document: { step: 1 } }]);
  await store.switchVersion('c', '0', '1');
  await store.dropVersion('c', '0');
  await store.saveCheckpoint('consumer', '2');
  await open('1', ['step']);
})();`;

const STEPS = ['write', 'switch', 'drop', 'checkpoint', 'open'];
const MOMENTS = STEPS.flatMap((step, done) => [
  { moment: `read-models.${step}-before-commit`, done },
  { moment: `read-models.${step}-after-commit`, done: done + 1 },
]);

describe('embedded read models after SIGKILL', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'read-models-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(MOMENTS)('at $moment every step is there whole or not at all', async ({ moment, done }) => {
    const file = join(folder, `${moment}.db`);
    const victim = spawn(process.execPath, ['-e', VICTIM, READ_MODELS, file, moment], { stdio: 'ignore' });
    const [, signal] = (await once(victim, 'exit')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');

    const store = await openReadModels({ file });
    const documents = await store.collection({ name: 'c', version: '1', indexes: ['step'] });
    const dropped = await store.collection({ name: 'c', version: '0', indexes: [] });
    const written = await documents.getMany(['a', 'b']);
    expect(written.map(({ id, position }) => `${id}@${position}`)).toEqual(done >= 1 ? ['a@2', 'b@2'] : ['a@1']);
    expect(await store.activeVersion('c')).toBe(done >= 2 ? '1' : '0');
    expect(await dropped.count()).toBe(0);
    expect(await store.loadCheckpoint('consumer')).toBe(done >= 4 ? '2' : '1');
    expect(await documents.count({ where: { step: 1 } })).toBe(done >= 1 ? 2 : 0);
    await store.close();
  });
});
