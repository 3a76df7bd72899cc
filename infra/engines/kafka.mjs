/** Apache Kafka: one node that is broker and controller, from Maven's repository. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, cacheEntry, isCached } from './cache.mjs';
import { runToEnd } from './processes.mjs';
import { requireTools } from './requirements.mjs';

const recipe = join(dirname(fileURLToPath(import.meta.url)), 'kafka');
const pom = join(recipe, 'pom.xml');
const logging = join(recipe, 'log4j2.properties');
const version = '4.1.0';

/** Group and partition numbers are small: this is one node for one developer, and it starts the quicker. */
const settings = ([port, controllerPort], logs) => ({
  'process.roles': 'broker,controller',
  'node.id': 1,
  'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
  listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'PLAINTEXT',
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'log.dirs': logs,
  'auto.create.topics.enable': false,
  // A killed broker may register again only when its old session is over.
  'broker.session.timeout.ms': 4000,
  'broker.heartbeat.interval.ms': 500,
  'group.initial.rebalance.delay.ms': 0,
  'group.min.session.timeout.ms': 1000,
  'offsets.topic.num.partitions': 4,
  'offsets.topic.replication.factor': 1,
  'transaction.state.log.num.partitions': 2,
  'transaction.state.log.replication.factor': 1,
  'transaction.state.log.min.isr': 1,
  'share.coordinator.state.topic.replication.factor': 1,
  'share.coordinator.state.topic.min.isr': 1,
  'log.cleaner.dedupe.buffer.size': 16_777_216,
  'log.index.size.max.bytes': 1_048_576,
  'num.io.threads': 4,
});

const classPath = (folder) => join(folder, '*');

async function format(folder, directory, configuration) {
  const clusterId = `k${randomBytes(16).toString('base64url').slice(1)}`;
  const args = ['-Xmx256m', `-Dlog4j2.configurationFile=${logging}`, '-cp', classPath(folder), 'kafka.tools.StorageTool'];
  await runToEnd('java', [...args, 'format', '-t', clusterId, '-c', configuration], join(directory, 'format.log'));
}

async function isReady({ address }) {
  const { Kafka, logLevel } = await import('kafkajs').then((module) => module.default);
  const admin = new Kafka({
    brokers: [address],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1000,
    requestTimeout: 5000,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    // Makes the topic of consumer offsets, and is answered when the group's coordinator has loaded its part of it.
    await admin.fetchOffsets({ groupId: 'regulars-engines-readiness' });
    return brokers.length > 0;
  } catch {
    return false;
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

/** An engine as ./engines.mjs starts it. */
export const kafka = {
  name: 'kafka',
  title: `Kafka ${version}`,
  version,
  portCount: 2,
  stopSeconds: 20,
  entry: () => cacheEntry('kafka', version, [pom]),

  tools() {
    return isCached(this.entry()) ? ['java'] : ['java', 'mvn'];
  },

  /** The folder of Kafka's jars; fetched by Maven the first time. Throws EngineFailure where Java or Maven is missing. */
  async install(say) {
    const entry = this.entry();
    requireTools(this.tools());
    return cached(entry, say, async (folder) => {
      say(`Fetching ${this.title} with Maven (once, about 20 seconds) …`);
      const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
      await runToEnd('mvn', ['-q', '-B', '-f', pom, ...goal], `${entry}.log`);
    });
  },

  /** Its files in the directory, formatted where they are new; answers the command that runs it. */
  async prepare(folder, directory, ports) {
    const logs = join(directory, 'log');
    mkdirSync(logs, { recursive: true });
    const configuration = join(directory, 'server.properties');
    const lines = Object.entries(settings(ports, logs)).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(configuration, lines.join(''));
    if (!existsSync(join(logs, 'meta.properties'))) await format(folder, directory, configuration);
    const options = ['-Xms128m', '-Xmx512m', `-Dlog4j2.configurationFile=${logging}`, '-cp', classPath(folder)];
    return { command: 'java', args: [...options, 'kafka.Kafka', configuration], marker: configuration };
  },

  address: ([port]) => `127.0.0.1:${port}`,
  settings: ({ address }) => ({ REGULARS_KAFKA_BROKERS: address }),
  isReady,
  classPath,
};
