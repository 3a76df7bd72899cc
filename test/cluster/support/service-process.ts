import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The workspace these services are of. */
export const WORKSPACE = join(__dirname, '..', '..', '..');
const OUTPUT_CHARS_MAX = 2_000_000;
const READY_MS_MAX = 120_000;

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** What `/health/ready` says. */
export interface Readiness {
  readonly status: number;
  readonly checks: Readonly<Record<string, string>>;
}

/** A service in a process of its own, as its `main.ts` starts it; can be killed, frozen and started again. */
export class ServiceProcess {
  private child: ChildProcess | undefined;
  private ended: Promise<unknown> = Promise.resolve();
  private written = '';

  private constructor(
    readonly name: string,
    readonly url: string,
    private readonly environment: Readonly<Record<string, string>>,
    private build: string,
  ) {}

  /** Starts `services/<service>/dist/main.js` of a build, by default the workspace's; does not wait until it is ready. */
  static async start(service: string, environment: Readonly<Record<string, string>>, build = WORKSPACE): Promise<ServiceProcess> {
    const port = await freePort();
    const settings = { ...environment, REGULARS_HTTP_PORT: String(port), REGULARS_HTTP_HOST: '127.0.0.1' };
    const process = new ServiceProcess(service, `http://127.0.0.1:${port}`, settings, build);
    process.launch();
    return process;
  }

  get pid(): number {
    return this.child?.pid as number;
  }

  /** The end of everything it has written, over all its lives. */
  get output(): string {
    return this.written;
  }

  /** Starts it again after it has ended, on the same port; with other settings, and of another build, where they are given. */
  launch(more: Readonly<Record<string, string>> = {}, build = this.build): void {
    this.build = build;
    const main = join(build, 'services', this.name, 'dist', 'main.js');
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env.PATH, ...this.environment, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const note = (part: Buffer): void => void (this.written = (this.written + part.toString('utf8')).slice(-OUTPUT_CHARS_MAX));
    child.stdout.on('data', note);
    child.stderr.on('data', note);
    this.ended = once(child, 'close');
    this.child = child;
  }

  /** Whether it runs. */
  get lives(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** What it says of its readiness; status 0 where nobody listens. */
  async readiness(): Promise<Readiness> {
    const answer = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
    if (!answer) return { status: 0, checks: {} };
    const body = (await answer.json()) as { checks?: Record<string, string> };
    return { status: answer.status, checks: body.checks ?? {} };
  }

  /** Waits until it is ready, or not ready any more; says what it waits for, and what it wrote, where that takes too long. */
  async untilReady(ready = true, msMax = READY_MS_MAX): Promise<void> {
    const deadline = Date.now() + msMax;
    for (;;) {
      const { status, checks } = await this.readiness();
      if ((status === 200) === ready) return;
      if (!this.lives && ready) throw new Error(`${this.name} has ended: ${this.written.slice(-4_000)}`);
      if (Date.now() > deadline) {
        throw new Error(`${this.name} is ${ready ? 'not' : 'still'} ready: ${JSON.stringify(checks)} ${this.written.slice(-4_000)}`);
      }
      await sleep(50);
    }
  }

  /** SIGSTOP: it stands still, connections stay open. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  /** SIGCONT. */
  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  /** SIGKILL, now. */
  async kill(): Promise<void> {
    this.child?.kill('SIGKILL');
    await this.ended;
  }

  /** Waits until it has ended by itself, as at a failpoint. */
  async died(msMax = 30_000): Promise<void> {
    const late = sleep(msMax, 'late', { ref: false });
    if ((await Promise.race([this.ended, late])) === 'late') throw new Error(`${this.name} never died: ${this.written.slice(-2_000)}`);
  }

  /** SIGTERM; answers its exit code. A process that does not stop in time is killed and answers null. */
  async stop(msMax = 30_000): Promise<number | null> {
    if (!this.lives) return this.child?.exitCode ?? null;
    this.child?.kill('SIGCONT');
    this.child?.kill('SIGTERM');
    const late = sleep(msMax, 'late', { ref: false });
    if ((await Promise.race([this.ended, late])) === 'late') await this.kill();
    return this.child?.exitCode ?? null;
  }
}
