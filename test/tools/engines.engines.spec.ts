import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { MongoClient } from 'mongodb';

const MAIN = join(__dirname, '..', '..', 'infra', 'engines', 'main.mjs');

interface Status {
  readonly name: string;
  readonly state: string;
  readonly pid?: number;
  readonly address?: string;
  readonly logFile?: string;
  readonly settings?: Readonly<Record<string, string>>;
}

/** What the starter answered. */
interface Answer {
  readonly code: number | null;
  readonly statuses: Readonly<Record<string, Status>>;
  readonly stderr: string;
}

let directory: string;

async function engines(command: string, ...args: string[]): Promise<Answer> {
  const child = spawn(process.execPath, [MAIN, command, '--data', directory, '--json', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (part: Buffer) => (output.stdout += part.toString('utf8')));
  child.stderr.on('data', (part: Buffer) => (output.stderr += part.toString('utf8')));
  const [code] = (await once(child, 'close')) as [number | null];
  const list = output.stdout ? (JSON.parse(output.stdout) as Status[]) : [];
  return { code, statuses: Object.fromEntries(list.map((status) => [status.name, status])), stderr: output.stderr };
}

/** Whether a process is there; one that ended and only waits to be collected is not. */
function isAlive(pid: number | undefined): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return state !== '' && !state.startsWith('Z');
}

async function kill(pid: number | undefined): Promise<void> {
  process.kill(pid as number, 'SIGKILL');
  while (isAlive(pid)) await sleep(20);
}

async function topics(address: string | undefined, create?: string): Promise<string[]> {
  const admin = new Kafka({ brokers: [address as string], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    if (create) await admin.createTopics({ topics: [{ topic: create, numPartitions: 2, replicationFactor: 1 }] });
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'regulars-engine-starter-'));
});
afterAll(async () => {
  await engines('stop');
  rmSync(directory, { recursive: true, force: true });
});

describe('the engines of one directory', () => {
  let kafka: Status | undefined;
  let ferretdb: Status | undefined;

  test('two starts at once give one of each, which answer', async () => {
    const [one, other] = await Promise.all([engines('start'), engines('start')]);
    expect(one).toMatchObject({ code: 0, statuses: { kafka: { state: 'running' }, ferretdb: { state: 'running' } } });
    ({ kafka, ferretdb } = one.statuses);
    expect(other).toMatchObject({ code: 0, statuses: { kafka: { pid: kafka?.pid }, ferretdb: { pid: ferretdb?.pid } } });
    expect(`${one.stderr}${other.stderr}`.match(/already running/g)).toHaveLength(2);
    expect(kafka?.settings).toEqual({ REGULARS_KAFKA_BROKERS: kafka?.address });
    expect(await topics(kafka?.address, 'kept')).toContain('kept');
  });

  test('a killed broker is reported, and started again where it was, with its topics', async () => {
    const client = await MongoClient.connect(ferretdb?.settings?.['REGULARS_MONGODB_URL'] as string);
    await client.db('kept').collection('documents').insertOne({ kept: true });
    await client.close();
    await kill(kafka?.pid);

    const after = await engines('status');
    expect(after).toMatchObject({ code: 1, statuses: { kafka: { state: 'ended' }, ferretdb: { state: 'running', pid: ferretdb?.pid } } });

    const again = await engines('start');
    expect(again.statuses).toMatchObject({ kafka: { state: 'running', address: kafka?.address }, ferretdb: { pid: ferretdb?.pid } });
    expect(again.statuses['kafka']?.pid).not.toBe(kafka?.pid);
    kafka = again.statuses['kafka'];
    expect(await topics(kafka?.address)).toContain('kept');
  });

  test('stop, no process is left, and the documents are there after the next start', async () => {
    expect(await engines('stop')).toMatchObject({ code: 0, statuses: { kafka: { state: 'stopped' }, ferretdb: { state: 'stopped' } } });
    expect([isAlive(kafka?.pid), isAlive(ferretdb?.pid)]).toEqual([false, false]);
    expect((await engines('status')).code).toBe(1);

    const { statuses } = await engines('start', '--only', 'ferretdb');
    const client = await MongoClient.connect(statuses['ferretdb']?.settings?.['REGULARS_MONGODB_URL'] as string);
    expect(await client.db('kept').collection('documents').countDocuments()).toBe(1);
    await client.close();
    expect((await engines('stop')).code).toBe(0);
    expect(isAlive(statuses['ferretdb']?.pid)).toBe(false);
  });

  test('a process that has got the pid of an engine since is left alone', async () => {
    const file = join(directory, 'engines.json');
    const state = JSON.parse(readFileSync(file, 'utf8')) as Record<string, object>;
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    writeFileSync(
      file,
      JSON.stringify({ ...state, kafka: { ...state['kafka'], pid: stranger.pid, startedAt: '2026-01-01T00:00:00.000Z' } }),
    );
    expect((await engines('status')).statuses['kafka']?.state).toBe('ended');
    expect((await engines('stop')).code).toBe(0);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    stranger.kill('SIGKILL');
    await once(stranger, 'close');
  });

  test('a start that fails shows the end of the log', async () => {
    const logs = join(directory, 'kafka', 'log');
    const meta = readFileSync(join(logs, 'meta.properties'), 'utf8');
    writeFileSync(join(logs, 'meta.properties'), meta.replace(/^node.id=.*$/m, 'node.id=7'));
    const { code, stderr, statuses } = await engines('start', '--only', 'kafka');
    expect({ code, statuses }).toEqual({ code: 1, statuses: {} });
    expect(stderr).toContain('Kafka 4.1.0 ended; the end of');
    expect(stderr).toContain('Stored node id 7');
  });
});

test('what is missing on the machine is named, with what to install', () => {
  const bare = join(directory, 'bare');
  mkdirSync(bare);
  const env = { PATH: bare, HOME: bare, XDG_CACHE_HOME: bare };
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'start', '--data', bare], { env, encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain('Java 17 or newer is missing');
  expect(stderr).toContain('Maven 3.6 or newer is missing');
  expect(existsSync(join(bare, 'regulars', 'engines'))).toBe(false);
});

test.each([
  [['restart'], 1, 'There is no command restart'],
  [['start', '--only', 'redis'], 1, 'There is no engine redis'],
  [['start', '--fast'], 2, '--fast'],
])('%p is refused in words', (args, status, words) => {
  const answer = spawnSync(process.execPath, [MAIN, ...args, '--data', directory], { encoding: 'utf8' });
  expect(answer.status).toBe(status);
  expect(answer.stderr).toContain(words);
});
