/**
 * `npm run test:containers`: runs the contract suites of the adapters against the official images of docker-compose.yml, started by
 * testcontainers. Needs a Docker engine; the suites that kill and freeze servers are those of `npm run test:engines`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { choosePorts } from '../infra/engines/ports.mjs';
import { ensureInstalled, requireNode } from './install.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const SUITES = ['kafka-bus.engines.spec', 'mongo-documents.engines.spec', 'eventstoredb.engines.spec'];
const START_MS_MAX = 180_000;
/** Where tests reach the broker from outside its container. */
const KAFKA_PORT = 19_092;

requireNode();
ensureInstalled('full');
if (spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 10_000 }).status !== 0) {
  console.error('THE CONTAINER SUITES DID NOT RUN: no Docker engine answers here. Start one, or use `npm run test:engines`.');
  process.exit(1);
}
const { build } = await import('./build.mjs');
build();
const { GenericContainer, Wait } = await import('testcontainers');
const { parse } = await import('yaml');
const { services } = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true });

/** The image of a service with its settings, those of compose's own variables left to their defaults. */
function imageOf(name, environment = {}) {
  const given = Object.entries(services[name].environment ?? {}).map(([key, value]) => [
    key,
    String(value).replace(/\$\{\w+:-([^}]*)\}/g, '$1'),
  ]);
  return new GenericContainer(services[name].image)
    .withEnvironment({ ...Object.fromEntries(given), ...environment })
    .withStartupTimeout(START_MS_MAX);
}

async function startKafka() {
  // A broker tells its clients where it is, so its port on this machine must be known before it starts.
  const [host] = await choosePorts(1);
  const listeners = `PLAINTEXT://kafka:9092,HOST://localhost:${host}`;
  const container = await imageOf('kafka', { KAFKA_ADVERTISED_LISTENERS: listeners })
    .withExposedPorts({ container: KAFKA_PORT, host })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .start();
  return { container, settings: { REGULARS_TEST_KAFKA_BROKERS: `localhost:${host}` } };
}

async function startMongo() {
  const container = await imageOf('mongodb')
    .withExposedPorts(27_017)
    .withWaitStrategy(Wait.forLogMessage(/Waiting for connections/))
    .start();
  const address = `${container.getHost()}:${container.getMappedPort(27_017)}`;
  return { container, settings: { REGULARS_TEST_MONGODB_URL: `mongodb://${address}/?directConnection=true` } };
}

async function startEventStore() {
  const container = await imageOf('eventstoredb', { EVENTSTORE_MEM_DB: 'true' })
    .withExposedPorts(2_113)
    .withWaitStrategy(Wait.forHttp('/health/live', 2_113).forStatusCode(204))
    .start();
  const address = `${container.getHost()}:${container.getMappedPort(2_113)}`;
  return { container, settings: { EVENTSTORE_URL: `esdb://${address}?tls=false` } };
}

const started = await Promise.allSettled([startKafka(), startMongo(), startEventStore()]);
let code = 1;
try {
  const failed = started.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
  const settings = Object.assign({}, ...started.map(({ value }) => value.settings));
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const args = [jest, '--config', join(root, 'jest.engines.config.cjs'), ...SUITES, ...process.argv.slice(2)];
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...settings } });
  [code] = await once(child, 'close');
} catch (error) {
  console.error(error.message);
} finally {
  await Promise.allSettled(started.flatMap(({ value }) => (value ? [value.container.stop()] : [])));
}
process.exit(code ?? 1);
