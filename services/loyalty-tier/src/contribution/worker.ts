import { parentPort } from 'node:worker_threads';
import { LedgerDamaged } from './damaged';
import { workerTasks, type TaskAnswer, type TaskRequest } from './worker-tasks';

/** Entry of a worker thread: one task at a time, one answer each. */
const port = parentPort;
if (!port) throw new Error('this file is the entry of a worker thread');

async function answer({ name, input }: TaskRequest): Promise<TaskAnswer> {
  try {
    const run = workerTasks[name] as (input: unknown) => unknown;
    return { ok: true, output: await run(input) };
  } catch (error) {
    const damaged = error instanceof LedgerDamaged ? { file: error.file, reason: error.reason } : undefined;
    return { ok: false, error, damaged };
  }
}

port.on('message', (request: TaskRequest) => {
  void answer(request).then((reply) => port.postMessage(reply));
});
