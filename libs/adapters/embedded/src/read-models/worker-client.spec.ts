import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreUnavailable } from '@regulars/ports';
import { WorkerClient } from './worker-client';

interface Operations {
  echo(value: number): number;
  fail(name: string): never;
  hang(): void;
  die(): void;
}

const SCRIPT = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', (requests) => {
  for (const { number, operation, args } of requests) {
    if (operation === 'die') throw new Error('planned');
    if (operation === 'echo') parentPort.postMessage([{ number, result: args[0] }]);
    if (operation === 'fail') parentPort.postMessage([{ number, error: { name: args[0], message: 'planned' } }]);
  }
});`;

describe('calls into the thread of the read models', () => {
  let folder: string;
  let client: WorkerClient<Operations>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'worker-'));
    await writeFile(join(folder, 'worker.js'), SCRIPT);
    client = new WorkerClient<Operations>(join(folder, 'worker.js'), {});
  });
  afterEach(async () => {
    await client.terminate();
    await rm(folder, { recursive: true, force: true });
  });

  test('are answered each with its own result, or with its error as the class it was', async () => {
    expect(await Promise.all([1, 2, 3].map((value) => client.call('echo', value)))).toEqual([1, 2, 3]);
    await expect(client.call('fail', 'TypeError')).rejects.toBeInstanceOf(TypeError);
    await expect(client.call('fail', 'StoreUnavailable')).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(client.call('fail', '__proto__')).rejects.toThrow('planned');
  });

  test('are all refused when the thread dies, the open ones and the later ones', async () => {
    const open = [client.call('hang'), client.call('hang'), client.call('die')].map((call) => call.catch((error: unknown) => error));
    for (const error of await Promise.all(open)) expect(error).toBeInstanceOf(StoreUnavailable);
    await expect(client.call('echo', 1)).rejects.toBeInstanceOf(StoreUnavailable);
  });

  test('are refused beyond 10,000 unanswered ones', async () => {
    const open = Array.from({ length: 10_000 }, () => client.call('hang').catch((error: unknown) => error));
    await expect(client.call('echo', 1)).rejects.toThrow(/10000 requests waiting/);
    await client.terminate();
    expect((await Promise.all(open)).every((error) => error instanceof StoreUnavailable)).toBe(true);
  });
});
