import { Worker } from 'node:worker_threads';
import { StoreUnavailable } from '@regulars/ports';
import { revive } from './errors';
import { letPass } from './failpoint';
import type { FailpointReached, ReadModelsFailpoint } from './failpoint';
import type { CarriedError } from './errors';

/** One call on its way to the thread. */
export interface WorkerRequest {
  readonly number: number;
  readonly operation: string;
  readonly args: readonly unknown[];
}

/** Its answer. */
export interface WorkerResponse {
  readonly number: number;
  readonly result?: unknown;
  readonly error?: CarriedError;
}

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

// Far above what a healthy platform has open at once; beyond it the thread is hopelessly behind and waiting would only eat memory.
const IN_FLIGHT_MAX = 10_000;

type Call = (...args: never[]) => unknown;

/**
 * Calls operations that run in a worker thread, in the order of the calls. Calls of one tick travel in one message. At most
 * 10,000 may be unanswered; more are refused with `StoreUnavailable`, and so are all open ones when the thread dies.
 */
export class WorkerClient<Operations extends { [K in keyof Operations]: Call }> {
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private outbox: WorkerRequest[] = [];
  private lastNumber = 0;
  private gone: Error | undefined;

  constructor(entry: string, workerData: Readonly<Record<string, unknown>>, failpoint?: ReadModelsFailpoint) {
    const gate = failpoint && new Int32Array(new SharedArrayBuffer(4));
    this.worker = new Worker(entry, { workerData: { ...workerData, gate } });
    this.worker.on('message', (message: readonly WorkerResponse[] | FailpointReached) => {
      if (!('failpoint' in message)) this.settle(message);
      else if (gate && failpoint) void letPass(gate, failpoint, message.failpoint);
    });
    this.worker.on('error', (error) => this.fail(new StoreUnavailable(`The thread of the read models failed: ${error.message}`)));
    this.worker.on('exit', () => this.fail(new StoreUnavailable('The thread of the read models has ended')));
  }

  /** Runs one operation; rejects with its error. */
  call<K extends keyof Operations & string>(operation: K, ...args: Parameters<Operations[K]>): Promise<Awaited<ReturnType<Operations[K]>>> {
    if (this.gone) return Promise.reject(this.gone);
    if (this.pending.size >= IN_FLIGHT_MAX) {
      return Promise.reject(new StoreUnavailable(`The read models have ${IN_FLIGHT_MAX} requests waiting; try again later`));
    }
    return new Promise((resolve, reject) => {
      const number = ++this.lastNumber;
      this.pending.set(number, { resolve, reject });
      if (this.outbox.push({ number, operation, args }) === 1) queueMicrotask(() => this.flush());
    });
  }

  /** Finishes what was called, runs `last`, ends the thread; later calls are refused. Safe to call twice. */
  async end(last: keyof Operations & string): Promise<void> {
    if (!this.gone) {
      const done = this.call(last, ...([] as never));
      this.gone = new StoreUnavailable('The read models are closed');
      await done.finally(() => this.worker.terminate());
    }
  }

  /** Ends the thread at once; open calls are refused. */
  async terminate(): Promise<void> {
    await this.worker.terminate();
  }

  private flush(): void {
    const requests = this.outbox;
    this.outbox = [];
    this.worker.postMessage(requests);
  }

  private settle(responses: readonly WorkerResponse[]): void {
    for (const { number, result, error } of responses) {
      const pending = this.pending.get(number);
      this.pending.delete(number);
      if (error) pending?.reject(revive(error));
      else pending?.resolve(result as never);
    }
  }

  private fail(error: Error): void {
    this.gone ??= error;
    const open = [...this.pending.values()];
    this.pending.clear();
    for (const { reject } of open) reject(this.gone);
  }
}
