import { parentPort, workerData } from 'node:worker_threads';
import { asPortError, carry } from './errors';
import { ReadModelDatabase } from './database';
import { stopAt } from './failpoint';
import type { WorkerRequest, WorkerResponse } from './worker-client';
import type { ReadModelOperations } from './operations';

/** Entry of the thread that owns the database of the read models: opens it on the first request and serves calls one by one. */
const { file, gate } = workerData as { readonly file: string; readonly gate?: Int32Array };
const failpoint = gate && stopAt(gate, (reached) => parentPort?.postMessage(reached));
let database: ReadModelDatabase | undefined;

function serve({ number, operation, args }: WorkerRequest): WorkerResponse {
  try {
    database ??= new ReadModelDatabase(file, failpoint);
    const run = database[operation as keyof ReadModelOperations] as (...args: readonly unknown[]) => unknown;
    return { number, result: run.apply(database, args as unknown[]) };
  } catch (error) {
    return { number, error: carry(asPortError(error, file)) };
  }
}

parentPort?.on('message', (requests: readonly WorkerRequest[]) => parentPort?.postMessage(requests.map(serve)));
