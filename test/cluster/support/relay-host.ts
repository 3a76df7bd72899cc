import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RelayStatus } from '@regulars/engine';

const HOST = join(__dirname, 'relaying-process.cjs');
const WAIT_MS_MAX = 60_000;

/** How a relay is started; handed to its process as JSON. */
export interface RelayHostOptions {
  readonly holder: string;
  /** An event log that nobody else has open. */
  readonly directory: string;
  readonly kafka: Readonly<Record<string, unknown>>;
  readonly mongodb: Readonly<Record<string, unknown>>;
  readonly leaseMs: number;
  readonly batchEventsMax: number;
  /** Pause after each batch, in milliseconds. */
  readonly batchMs: number;
}

/** How a relay stood when it last said so. */
export type ToldStatus = RelayStatus & { readonly head: string };

/** A relay in a process of its own, to be frozen. */
export class RelayHost {
  private readonly child: ChildProcess;
  private told: ToldStatus | undefined;
  private output = '';

  constructor(private readonly options: RelayHostOptions) {
    this.child = fork(HOST, [JSON.stringify(options)], { execArgv: [], silent: true });
    this.child.on('message', (status) => (this.told = status as ToldStatus));
    this.child.stderr?.on('data', (part: Buffer) => (this.output = (this.output + part.toString('utf8')).slice(-20_000)));
  }

  get said(): string {
    return this.output;
  }

  /** Waits until it stands as asked; answers how. */
  async until(stands: (status: ToldStatus) => boolean): Promise<ToldStatus> {
    for (const deadline = Date.now() + WAIT_MS_MAX; ; await sleep(20)) {
      if (this.told && stands(this.told)) return this.told;
      if (Date.now() > deadline || this.child.exitCode !== null)
        throw new Error(`${this.options.holder}: ${JSON.stringify(this.told)} ${this.output}`);
    }
  }

  /** SIGSTOP. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  /** SIGCONT; what it said before does not count any more. */
  thaw(): void {
    this.told = undefined;
    this.child.kill('SIGCONT');
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await ended;
  }
}
