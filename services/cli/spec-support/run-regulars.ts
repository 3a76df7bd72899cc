import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const bin = join(__dirname, '..', 'bin', 'regulars.js');

/** How a run of the real command ended. */
export interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A run that is under way. */
export interface Started {
  readonly process: ChildProcess;
  readonly errors: () => string;
  readonly ended: Promise<Run>;
}

/** Starts the built command, without any platform in its environment but what is given. */
export function startRegulars(args: readonly string[], environment: NodeJS.ProcessEnv, cwd: string): Started {
  const child = spawn(process.execPath, [bin, ...args], { cwd, env: { PATH: process.env.PATH, ...environment } });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (err += part));
  const ended = new Promise<Run>((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, out, err }));
  });
  return { process: child, errors: () => err, ended };
}

/** Runs the built command to its end, in an empty directory where none is given. */
export function regulars(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  cwd = mkdtempSync(join(tmpdir(), 'regulars-run-')),
): Promise<Run> {
  return startRegulars(args, environment, cwd).ended;
}

/** Starts the command and kills it (SIGKILL) as soon as a file says what it waits for. */
export async function killedOnce(file: string, says: RegExp, args: readonly string[], cwd: string): Promise<void> {
  const { process: child, ended } = startRegulars(args, {}, cwd);
  const isTime = () => existsSync(file) && says.test(readFileSync(file, 'utf8'));
  while (!isTime() && child.exitCode === null) await sleep(20);
  child.kill('SIGKILL');
  await ended;
}
