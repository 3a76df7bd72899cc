/** `cluster.json` in the data directory: where the services answer, for the command line, and what runs, for the next start. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, stopProcess } from '../../infra/engines/processes.mjs';

const STOP_SECONDS = 30;
const fileOf = (directory) => join(directory, 'cluster.json');

function read(directory) {
  try {
    return JSON.parse(readFileSync(fileOf(directory), 'utf8'));
  } catch {
    return undefined;
  }
}

/** What `cluster.json` says of supervised processes that run. */
export function writeClusterFile(directory, processes, tokenFile, startedAt) {
  const services = {};
  for (const { member } of processes) (services[member.service] ??= []).push(member.url);
  const running = processes.map(({ pid, logFile, member: { name, url, marker } }) => ({ name, url, pid, marker, logFile }));
  const partial = `${fileOf(directory)}.${process.pid}`;
  const content = { services, tokenFile, startedAt, pid: process.pid, processes: running };
  writeFileSync(partial, `${JSON.stringify(content, undefined, 2)}\n`);
  renameSync(partial, fileOf(directory));
}

export const removeClusterFile = (directory) => rmSync(fileOf(directory), { force: true });

/** Ends what the cluster that was last started on the directory left behind when it was killed. */
export async function stopLeftovers(directory, say) {
  for (const { name, pid, marker } of read(directory)?.processes ?? []) {
    if (!pid || !isRunning(pid, marker)) continue;
    say(`${name} of an earlier start still runs (pid ${pid}); it is stopped.`);
    await stopProcess(pid, marker, STOP_SECONDS);
  }
  removeClusterFile(directory);
}
