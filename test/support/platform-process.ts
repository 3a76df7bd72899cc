import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient } from './http-client';

const HOST = join(__dirname, 'platform-host.cjs');
/** What the platform really is started with. */
export const MAIN = join(__dirname, '..', '..', 'services', 'platform', 'dist', 'main.js');

/** How a platform process is started. */
export interface StartOptions {
  /** Dies at this moment: `name` or `name:n`. */
  readonly failpoint?: string;
  /** Settings; logging is at `warn`, to the error output. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** Largest file it may write, in units of 512 bytes. */
  readonly fileBlocksMax?: number;
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** It ended before it was ready; the message holds what it wrote. */
export class NotStarted extends Error {
  constructor(
    readonly ended: Ended,
    readonly output: string,
  ) {
    super(`The platform did not start (code ${ended.code}, signal ${ended.signal}): ${output}`);
  }
}

/** A platform in a process of its own, over a data directory that outlives it. */
export class PlatformProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly http: HttpClient,
    readonly ended: Promise<Ended>,
    /** Everything written so far. */
    readonly output: () => string,
  ) {}

  /** Starts and waits until it serves. Throws NotStarted where it ends before that. */
  static async start(dataDir: string, { failpoint, configuration = {}, fileBlocksMax }: StartOptions = {}): Promise<PlatformProcess> {
    const settings = JSON.stringify({ logging: { level: 'warn' }, ...configuration });
    const command = [process.execPath, HOST, dataDir, settings];
    const limited = fileBlocksMax === undefined ? command : ['sh', '-c', `ulimit -f ${fileBlocksMax}; exec "$@"`, 'sh', ...command];
    const env = { PATH: process.env.PATH, ...(failpoint === undefined ? {} : { REGULARS_FAILPOINT: failpoint }) };
    const child = spawn(limited[0] as string, limited.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    let output = '';
    const note = (part: Buffer): void => void (output = (output + part.toString('latin1')).slice(-4_000_000));
    child.stdout?.on('data', note);
    child.stderr?.on('data', note);
    const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }) as Ended);
    const ready = once(child, 'message').then(([message]) => message as { url: string; token: string });
    const first = await Promise.race([ready, ended]);
    if (!('url' in first)) throw new NotStarted(first, output);
    return new PlatformProcess(child, new HttpClient(first.url, first.token), ended, () => output);
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Lets it die at the n-th next passing of a moment. */
  killAt(failpoint: string, passing = 1): Promise<void> {
    return this.order({ kill: failpoint, passing });
  }

  /** Lets a moment fail each time, until called with null. */
  failAt(failpoint: string | null): Promise<void> {
    return this.order({ fail: failpoint });
  }

  /** Waits until it has died as it was told to; throws where it lives on. */
  async died(): Promise<void> {
    const lives = Symbol('lives');
    const ended = await Promise.race([this.ended, sleep(20_000, lives, { ref: false })]);
    if (ended === lives) throw new Error('The platform never came by the failpoint it was to die at');
    if ((ended as Ended).signal !== 'SIGKILL') throw new Error(`The platform ended otherwise: ${JSON.stringify(ended)} ${this.output()}`);
  }

  /** SIGKILL, now. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** Stops in order. */
  async stop(): Promise<Ended> {
    this.child.kill('SIGTERM');
    return this.ended;
  }

  private async order(order: Readonly<Record<string, unknown>>): Promise<void> {
    const done = once(this.child, 'message');
    this.child.send(order);
    await done;
  }
}

/** A folder for one test, gone when the test calls `remove`. */
export function testFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'regulars-faults-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
