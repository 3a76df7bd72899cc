import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { asAdmin, kafkaClient } from '../src/connection/client';
import { connectionTo } from './kafka-lab';

const CLUSTER_ID = '4L6g3nShT-eMCtK--X86sw';
const START_MS_MAX = 60_000;

/** A broker that a spec may kill. */
export interface OwnBroker {
  readonly address: string;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it on the same address and log directory; resolves when it answers. */
  start(): Promise<void>;
  /** Kills it and deletes its log. */
  dispose(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function properties(port: number, controllerPort: number, logDirectory: string): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    `log.dirs=${logDirectory}`,
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=3',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    'auto.create.topics.enable=false',
  ].join('\n');
}

/** Resolves when the broker answers a real question. */
async function answers(address: string): Promise<void> {
  const deadline = performance.now() + START_MS_MAX;
  for (;;) {
    try {
      await asAdmin(kafkaClient(connectionTo([address], { retries: 0 })), (admin) => admin.listTopics());
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(100);
    }
  }
}

/** Starts a broker of its own from the class path that REGULARS_TEST_KAFKA_CLASSPATH names. */
export async function ownBroker(): Promise<OwnBroker> {
  const classpath = process.env.REGULARS_TEST_KAFKA_CLASSPATH;
  if (!classpath) throw new Error('REGULARS_TEST_KAFKA_CLASSPATH names no Kafka; npm run test:engines provides one');
  const directory = await mkdtemp(join(tmpdir(), 'regulars-broker-'));
  const port = await freePort();
  const config = join(directory, 'server.properties');
  await writeFile(config, properties(port, await freePort(), join(directory, 'log')));
  const java = ['-Xmx384m', '-cp', classpath];
  await promisify(execFile)('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', config]);
  const address = `127.0.0.1:${port}`;
  let broker: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (!broker || broker.exitCode !== null || broker.signalCode !== null) return;
    const gone = once(broker, 'exit');
    broker.kill('SIGKILL');
    await gone;
  };
  const start = async (): Promise<void> => {
    const output = openSync(join(directory, 'broker.out'), 'a');
    broker = spawn('java', [...java, 'kafka.Kafka', config], { stdio: ['ignore', output, output] });
    await answers(address);
  };
  await start();
  return {
    address,
    kill,
    start,
    dispose: async () => {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
