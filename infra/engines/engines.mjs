/** Starts, stops and looks at the engines of one data directory. */
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineFailure } from './failure.mjs';
import { ferretdb } from './ferretdb.mjs';
import { kafka } from './kafka.mjs';
import { underLock } from './lock.mjs';
import { choosePorts } from './ports.mjs';
import { endOfLog, isRunning, launch, stopProcess } from './processes.mjs';
import { missingTools } from './requirements.mjs';
import { readState, writeState } from './state-file.mjs';

const engines = [kafka, ferretdb];
const READY_SECONDS_MAX = 90;
const START_ATTEMPTS_MAX = 3;
const OTHER_START_SECONDS_MAX = 900;

/** The names that `only` may have. */
export const engineNames = engines.map(({ name }) => name);

const chosen = (only) => engines.filter(({ name }) => !only?.length || only.includes(name));
const lockFile = (directory) => join(directory, 'engines.lock');

/** What has to be installed on this machine before the engines can be started; nothing where all is there. */
export const missingForEngines = () => missingTools([...new Set(engines.flatMap((engine) => engine.tools()))]);

/** Where what the engines run from lies; fetched and built the first time. */
export async function installEngines(say) {
  const folders = [await kafka.install(say), await ferretdb.install(say)];
  return { kafkaClassPath: kafka.classPath(folders[0]), ferretdbProgram: ferretdb.program(folders[1]) };
}

async function untilReady(engine, record) {
  for (const until = Date.now() + READY_SECONDS_MAX * 1000; Date.now() < until; await sleep(100)) {
    if (!isRunning(record.pid, record.marker)) return false;
    if (await engine.isReady(record)) return true;
  }
  return false;
}

async function startOne(engine, directory, say) {
  const before = readState(directory)[engine.name];
  if (before?.pid && isRunning(before.pid, before.marker)) {
    say(`${engine.title} is already running (pid ${before.pid}, ${before.address}).`);
    return;
  }
  const folder = await engine.install(say);
  const own = join(directory, engine.name);
  mkdirSync(own, { recursive: true });
  const logFile = join(own, `${engine.name}.log`);
  for (let attempt = 1; ; attempt++) {
    const began = Date.now();
    const ports = await choosePorts(engine.portCount, attempt === 1 ? before?.ports : []);
    const { command, args, marker } = await engine.prepare(folder, own, ports);
    const pid = launch(command, args, logFile);
    const startedAt = new Date(began).toISOString();
    const record = { pid, version: engine.version, address: engine.address(ports), ports, startedAt, logFile, marker };
    writeState(directory, engine.name, record);
    if (await untilReady(engine, record)) {
      say(`${engine.title} is ready after ${((Date.now() - began) / 1000).toFixed(1)} s (pid ${pid}, ${record.address}).`);
      return;
    }
    const died = !isRunning(pid, marker);
    await stopProcess(pid, marker, engine.stopSeconds);
    const log = endOfLog(logFile);
    // Somebody else may have taken a port between choosing and using it.
    if (died && attempt < START_ATTEMPTS_MAX && /address already in use/i.test(log)) continue;
    throw new EngineFailure(`${engine.title} ${died ? 'ended' : `was not ready within ${READY_SECONDS_MAX} s`}; ${log}`);
  }
}

/** Starts what does not run, side by side, and waits until each answers. Throws EngineFailure with the end of the log of one that does not. */
export async function startEngines({ directory, only, say }) {
  const path = resolve(directory);
  mkdirSync(path, { recursive: true });
  await underLock(lockFile(path), OTHER_START_SECONDS_MAX, say, async () => {
    const results = await Promise.allSettled(chosen(only).map((engine) => startOne(engine, path, say)));
    const failed = results.find(({ status }) => status === 'rejected');
    if (failed) throw failed.reason;
  });
  return engineStatus({ directory });
}

/** Stops what runs: SIGTERM, and SIGKILL after a deadline. Data, logs and ports stay for the next start. */
export async function stopEngines({ directory, only, say }) {
  const path = resolve(directory);
  if (!existsSync(path)) return;
  await underLock(lockFile(path), OTHER_START_SECONDS_MAX, say, () =>
    Promise.all(
      chosen(only).map(async (engine) => {
        const record = readState(path)[engine.name];
        if (!record?.pid) return;
        const ran = isRunning(record.pid, record.marker);
        await stopProcess(record.pid, record.marker, engine.stopSeconds);
        writeState(path, engine.name, { ...record, pid: undefined, startedAt: undefined });
        say(ran ? `${engine.title} is stopped (pid ${record.pid}).` : `${engine.title} had ended already.`);
      }),
    ),
  );
}

/**
 * Each engine as it is now. `state`: `running`, `ended` (it was started and died), `stopped`. `settings`: the environment variables by
 * which the services find it.
 */
export function engineStatus({ directory, only }) {
  const state = readState(resolve(directory));
  return chosen(only).map((engine) => {
    const { pid, version, address, ports, startedAt, logFile, marker } = state[engine.name] ?? { version: engine.version };
    const running = pid !== undefined && isRunning(pid, marker);
    const uptimeSeconds = running ? Math.floor((Date.now() - Date.parse(startedAt)) / 1000) : undefined;
    const settings = running ? engine.settings({ address }) : undefined;
    const name = running ? 'running' : pid === undefined ? 'stopped' : 'ended';
    return { name: engine.name, state: name, version, pid, address, ports, startedAt, uptimeSeconds, logFile, settings };
  });
}
