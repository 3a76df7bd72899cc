/** Servers that outlive the process that starts them, and are told from others that later got the same pid. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineFailure } from './failure.mjs';

const LOG_LINES_SHOWN = 30;
const LOG_BYTES_MAX = 10_000_000;

/** The last lines of a log file, indented, for a message. */
export function endOfLog(file) {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN) : [];
  return [`the end of ${file}:`, ...lines.map((line) => `    ${line}`)].join('\n');
}

/** Runs a command to its end with its output in a file. Throws EngineFailure with the end of that file where it fails. */
export async function runToEnd(command, args, logFile, options = {}) {
  const log = openSync(logFile, 'w');
  const child = spawn(command, args, { ...options, stdio: ['ignore', log, log] });
  closeSync(log);
  const [code] = await once(child, 'close').catch((error) => [error.message]);
  if (code !== 0) throw new EngineFailure(`${command} ended with ${code}; ${endOfLog(logFile)}`);
}

/** Starts a server in a session of its own, its output appended to a file; returns its pid. A large log of earlier starts is put aside. */
export function launch(command, args, logFile) {
  if (existsSync(logFile) && statSync(logFile).size > LOG_BYTES_MAX) renameSync(logFile, `${logFile}.1`);
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  child.on('error', () => {});
  if (child.pid === undefined) throw new EngineFailure(`${command} cannot be started.`);
  child.unref();
  return child.pid;
}

function commandLine(pid) {
  if (process.platform !== 'linux') return spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Whether the process still runs and is the one that was started: its command line has the marker, an absolute path of its data. */
export const isRunning = (pid, marker) => commandLine(pid).includes(marker);

/** SIGTERM, and SIGKILL to what still runs after the deadline. Touches no process but the one that was started. */
export async function stopProcess(pid, marker, deadlineSeconds) {
  for (const [signal, seconds] of [
    ['SIGTERM', deadlineSeconds],
    ['SIGKILL', 10],
  ]) {
    if (!isRunning(pid, marker)) return;
    process.kill(pid, signal);
    for (const until = Date.now() + seconds * 1000; Date.now() < until && isRunning(pid, marker);) await sleep(50);
  }
  if (isRunning(pid, marker)) throw new EngineFailure(`Process ${pid} does not end.`);
}
