import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '..', '..');

/** `cluster.json`. */
interface ClusterFile {
  readonly services: Readonly<Record<string, readonly string[]>>;
  readonly tokenFile: string;
  readonly processes: readonly { readonly name: string; readonly pid: number; readonly url: string }[];
}

let directory: string;
let cluster: ChildProcess;
let output = '';

const clusterFile = () => JSON.parse(readFileSync(join(directory, 'cluster.json'), 'utf8')) as ClusterFile;
const processNamed = (name: string) => clusterFile().processes.find((process) => process.name === name);

/** Waits for a text in what the cluster says; fails with all of it where the cluster ends first. */
async function untilSaid(text: string): Promise<void> {
  while (!output.includes(text)) {
    if (cluster.exitCode !== null) throw new Error(`The cluster has ended: ${output}`);
    await sleep(100);
  }
}

async function untilReady(url: string): Promise<void> {
  while (!(await fetch(`${url}/health/ready`).catch(() => undefined))?.ok) await sleep(100);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'regulars-cluster-tool-'));
  // Servers of the run: this is about the services.
  const { REGULARS_TEST_KAFKA_BROKERS: brokers, REGULARS_TEST_MONGODB_URL: mongodb, PATH, HOME } = process.env;
  if (!brokers || !mongodb) throw new Error('Run this by `npm run test:engines`: it starts Kafka and a MongoDB-protocol server');
  const mark = `tool${process.pid}`;
  const env = {
    PATH,
    HOME,
    REGULARS_KAFKA_BROKERS: brokers,
    REGULARS_KAFKA_TOPIC_SUFFIX: `.${mark}`,
    REGULARS_MONGODB_URL: mongodb,
    REGULARS_MONGODB_DATABASE: mark,
    REGULARS_MONGODB_BULK_WRITES_MAX: '32',
  };
  const args = [join(ROOT, 'tools', 'cluster.mjs'), '--data', directory, '--partitions', '2'];
  cluster = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [cluster.stdout, cluster.stderr]) stream?.on('data', (part: Buffer) => (output += part.toString('utf8')));
  await untilSaid('Ctrl-C stops everything');
});

afterAll(async () => {
  if (cluster.exitCode === null) {
    cluster.kill('SIGTERM');
    await once(cluster, 'close');
  }
  rmSync(directory, { recursive: true, force: true });
});

test('the services are ready, take requests with the token of the file, and it says where the events are', async () => {
  const { services, tokenFile } = clusterFile();
  expect(Object.fromEntries(Object.entries(services).map(([name, urls]) => [name, urls.length]))).toEqual({
    purchase: 1,
    'loyalty-tier': 2,
  });
  expect(output).toContain('Events are in the log that purchase-1 keeps');
  const authorization = `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`;
  for (const url of Object.values(services).flat()) {
    await untilReady(url);
    const { status } = await fetch(`${url}/v1/status`, { headers: { authorization } });
    expect([url, status]).toEqual([url, 200]);
  }
});

const MAPPING = `
name: test
timeZone: Europe/Berlin
constants: { terminal: '1', currency: EUR }
columns: { store: Store, receipt: Receipt, occurredAt: Time, sku: Article, quantity: Qty, unitPrice: Price, customer: Card }
formats: { date: 'YYYY-MM-DD HH:mm' }
stores: [{ id: berlin, name: Berlin, region: west, timeZone: Europe/Berlin, currency: EUR }]
`;

/** The command as a person runs it, on the directory of the cluster; answers what it prints as JSON. */
async function regulars<Printed>(...args: readonly string[]): Promise<Printed> {
  const main = join(ROOT, 'services', 'cli', 'dist', 'main.js');
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args, '--data', directory, '--json'], {
    env: { PATH: process.env.PATH },
  });
  return JSON.parse(stdout) as Printed;
}

test('the command finds its services by the directory: imports by one, and shows the pyramid of the other', async () => {
  const [csv, mapping] = [join(directory, 'sales.csv'), join(directory, 'mapping.yaml')];
  const sales = Array.from({ length: 20 }, (_, n) => `berlin,r${n},2026-03-01 10:00,tea,${n + 1},2.50,c${n % 10}`);
  writeFileSync(csv, `Store,Receipt,Time,Article,Qty,Price,Card\n${sales.join('\n')}\n`);
  writeFileSync(mapping, MAPPING);
  await regulars('import', csv, '--mapping', mapping, '--register-stores');
  const { services } = await regulars<{ services: readonly { service: string; status: { deadLetters: number } }[] }>('status');
  expect(services.map(({ service, status }) => [service, status.deadLetters]).sort()).toEqual([
    ['loyalty-tier', 0],
    ['loyalty-tier', 0],
    ['purchase', 0],
  ]);
  let pyramid = await regulars<{ customers: number; total: number }>('pyramid');
  // What was imported is on its way to the other service.
  while (pyramid.total < 52_500) pyramid = await regulars('pyramid');
  // 1 + 2 + … + 20 pieces at 2.50.
  expect(pyramid).toMatchObject({ customers: 10, total: 52_500 });
});

test('a service that is killed is reported and comes back where it was', async () => {
  const before = processNamed('loyalty-tier-1');
  process.kill(before?.pid as number, 'SIGKILL');
  await untilSaid('loyalty-tier-1 has ended (SIGKILL); it starts again');
  while (processNamed('loyalty-tier-1')?.pid === before?.pid) await sleep(100);
  await untilReady(before?.url as string);
});

test('an order to stop ends every process', async () => {
  const pids = clusterFile().processes.map(({ pid }) => pid);
  cluster.kill('SIGINT');
  await once(cluster, 'close');
  expect(cluster.exitCode).toBe(0);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(output).not.toContain('does not stop');
  expect(existsSync(join(directory, 'cluster.json'))).toBe(false);
});
