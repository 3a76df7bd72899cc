import { join, sep } from 'node:path';
import { Worker } from 'node:worker_threads';
import { CodedError } from '@regulars/kernel';
import { LedgerDamaged } from './damaged';
import type { TaskAnswer, TaskInput, TaskName, TaskOutput, TaskRequest } from './worker-tasks';

/** Tasks that may wait for a worker; more are refused. */
const WAITING_MAX = 1_024;
/** Worker threads run the build, also when this file runs from its source. */
const ENTRY = join(__dirname.replace(`${sep}src${sep}`, `${sep}dist${sep}`), 'worker.js');

/** Too many queries wait already; try again later. */
export class LedgerBusy extends CodedError {
  constructor() {
    super('platform.busy', `More than ${WAITING_MAX} tasks wait for the ledger's workers`);
    this.name = 'LedgerBusy';
  }
}

interface Waiting {
  readonly request: TaskRequest;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Some worker threads with one queue. */
export class Lane {
  private readonly idle: Worker[] = [];
  private readonly busy = new Map<Worker, Waiting>();
  private readonly waiting: Waiting[] = [];
  private closed = false;

  /** Threads are started when they are first needed. */
  constructor(readonly size = 2) {}

  /** Runs a task on the next free thread. Throws what the task throws, or `LedgerBusy`. */
  run<Name extends TaskName>(name: Name, input: TaskInput<Name>): Promise<TaskOutput<Name>> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new Error('the workers of the ledger are closed'));
      if (this.waiting.length >= WAITING_MAX) return reject(new LedgerBusy());
      this.waiting.push({ request: { name, input }, resolve: resolve as (output: unknown) => void, reject });
      this.next();
    });
  }

  /** Stops the threads; tasks under way or waiting are rejected. */
  async close(): Promise<void> {
    this.closed = true;
    const error = new Error('the workers of the ledger are closed');
    for (const { reject } of this.waiting.splice(0)) reject(error);
    const workers = [...this.idle, ...this.busy.keys()];
    for (const { reject } of this.busy.values()) reject(error);
    this.busy.clear();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  private next(): void {
    while (this.waiting.length > 0) {
      const worker = this.idle.pop() ?? (this.busy.size < this.size ? this.start() : undefined);
      if (!worker) return;
      const task = this.waiting.shift()!;
      this.busy.set(worker, task);
      worker.ref();
      worker.postMessage(task.request);
    }
  }

  private start(): Worker {
    const worker = new Worker(ENTRY, { execArgv: [] });
    worker.on('message', (answer: TaskAnswer) => {
      const task = this.busy.get(worker);
      if (!task) return;
      this.busy.delete(worker);
      this.idle.push(worker);
      worker.unref();
      if (answer.ok) task.resolve(answer.output);
      else task.reject(answer.damaged ? new LedgerDamaged(answer.damaged.file, answer.damaged.reason) : answer.error);
      this.next();
    });
    worker.on('error', (error) => this.lost(worker, error));
    worker.on('exit', () => this.lost(worker, new Error('a worker of the ledger ended')));
    return worker;
  }

  private lost(worker: Worker, error: unknown): void {
    const task = this.busy.get(worker);
    this.busy.delete(worker);
    const at = this.idle.indexOf(worker);
    if (at >= 0) this.idle.splice(at, 1);
    if (!task) return;
    task.reject(error);
    this.next();
  }
}

/** The threads that do the ledger's heavy work; may be shared by several ledgers. */
export class LedgerWorkers {
  /** For queries and flushes. */
  readonly queries: Lane;
  /** For what takes long and nobody waits for. */
  readonly background = new Lane(1);

  constructor(queryThreads = 2) {
    this.queries = new Lane(queryThreads);
  }

  /** Stops all threads. */
  async close(): Promise<void> {
    await Promise.all([this.queries.close(), this.background.close()]);
  }
}
