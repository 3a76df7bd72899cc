import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { waitFor } from './client.mjs';
import { topicSpecs } from './topics.mjs';

const SERVICES = fileURLToPath(new URL('../../../services/', import.meta.url));
const READY_SECONDS = 180;
const STOP_SECONDS = 30;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** The settings that all services of a cluster have in common. `mark` keeps its topics and databases apart from others. */
export function clusterSettings({ folder, mark, partitions, kafka, mongodb }) {
  mkdirSync(folder, { recursive: true });
  const topicsFile = join(folder, 'topics.json');
  writeFileSync(topicsFile, JSON.stringify({ topics: topicSpecs(partitions) }));
  return {
    REGULARS_KAFKA_BROKERS: kafka,
    REGULARS_KAFKA_TOPIC_SUFFIX: `.${mark}`,
    REGULARS_KAFKA_TOPICS_FILE: topicsFile,
    REGULARS_MONGODB_URL: mongodb,
    REGULARS_MONGODB_DATABASE: mark,
    REGULARS_MONGODB_BULK_WRITES_MAX: '32',
    REGULARS_LOGGING_LEVEL: 'warn',
  };
}

/** Starts a service as a process of its own, as its image does; what it writes goes to a file in `folder`. Does not wait. */
export async function startService(service, { folder, settings }) {
  mkdirSync(folder, { recursive: true });
  const port = String(await freePort());
  const own = { REGULARS_DATA_DIR: folder, REGULARS_HTTP_PORT: port, REGULARS_HTTP_HOST: '127.0.0.1' };
  const env = { PATH: process.env.PATH, ...settings, ...own };
  const main = join(SERVICES, service, 'dist', 'main.js');
  const child = spawn(process.execPath, ['--max-semi-space-size=64', main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const logFile = join(folder, 'output.log');
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = once(child, 'exit');
  // Nothing of a benchmark outlives it, however it ends.
  const killWithUs = () => child.kill('SIGKILL');
  process.on('exit', killWithUs);
  const url = `http://127.0.0.1:${port}`;
  return {
    name: service,
    url,
    pid: child.pid,
    /** Resolves when it says that it is ready. */
    async untilReady() {
      const ready = async () => {
        if (child.exitCode !== null) throw new Error(`${service} has ended:\n${readFileSync(logFile, 'utf8').slice(-4_000)}`);
        return (await fetch(`${url}/health/ready`).catch(() => undefined))?.status;
      };
      await waitFor(ready, (status) => status === 200, READY_SECONDS, 50);
    },
    /** Resident memory now, bytes. */
    residentBytes: () => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) * 1024,
    async stop() {
      child.kill('SIGTERM');
      if ((await Promise.race([ended, pause(STOP_SECONDS * 1000, 'late', { ref: false })])) === 'late') child.kill('SIGKILL');
      await ended;
      process.off('exit', killWithUs);
      log.end();
    },
  };
}
