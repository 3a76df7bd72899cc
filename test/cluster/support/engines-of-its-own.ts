import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TcpProxy } from '@regulars/testing';
import { Kafka, logLevel } from 'kafkajs';
import { freePort } from './service-process';
import { engines } from './test-cluster';

const FILES = join(__dirname, 'engine-files.mjs');
const READY_MS_MAX = 120_000;

/** A Kafka of the test's own, which it may kill. Everybody reaches it through a proxy: that is the address the broker tells its clients. */
export class KafkaOfItsOwn {
  private readonly folder = mkdtempSync(join(tmpdir(), 'regulars-kafka-'));
  private readonly command: { readonly command: string; readonly args: readonly string[] };
  private child: ChildProcess | undefined;

  private constructor(
    readonly proxy: TcpProxy,
    ports: readonly number[],
  ) {
    const classPath = process.env.REGULARS_TEST_KAFKA_CLASSPATH;
    if (!classPath) throw new Error('Run this by `npm run test:engines`: it says where Kafka is');
    const args = [FILES, 'kafka', dirname(classPath), this.folder, ...ports.map(String)];
    this.command = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as typeof this.command;
    const properties = join(this.folder, 'server.properties');
    const through = `advertised.listeners=PLAINTEXT://${proxy.address}`;
    writeFileSync(properties, readFileSync(properties, 'utf8').replace(/^advertised\.listeners=.*$/m, through));
  }

  /** Starts one; resolves when it answers through its proxy. */
  static async start(): Promise<KafkaOfItsOwn> {
    const ports = [await freePort(), await freePort()];
    const kafka = new KafkaOfItsOwn(await TcpProxy.start({ port: ports[0] as number }), ports);
    await kafka.launch();
    return kafka;
  }

  /** Starts it again on the log directory it had; resolves when it answers. */
  async launch(): Promise<void> {
    const log = openSync(this.logFile, 'a');
    this.child = spawn(this.command.command, this.command.args, { stdio: ['ignore', log, log] });
    closeSync(log);
    const deadline = Date.now() + READY_MS_MAX;
    while (!(await this.answers())) {
      if (Date.now() > deadline) throw new Error(`Kafka does not answer: ${readFileSync(this.logFile, 'utf8').slice(-4_000)}`);
      await sleep(100);
    }
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    if (this.child?.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await ended;
  }

  async close(): Promise<void> {
    await this.kill();
    await this.proxy.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get logFile(): string {
    return join(this.folder, 'kafka.log');
  }

  private async answers(): Promise<boolean> {
    const timings = { connectionTimeout: 1_000, requestTimeout: 5_000, retry: { retries: 0 } };
    const admin = new Kafka({ brokers: [this.proxy.address], logLevel: logLevel.NOTHING, ...timings }).admin();
    try {
      await admin.connect();
      await admin.describeCluster();
      // Answered when the coordinator of groups has loaded what it keeps.
      await admin.fetchOffsets({ groupId: 'readiness' });
      return true;
    } catch {
      return false;
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}

/** A proxy in front of the run's document store, and the address by which services reach the store through it. */
export async function documentsBehindProxy(): Promise<{ readonly proxy: TcpProxy; readonly url: string }> {
  const url = new URL(engines().mongodbUrl);
  const proxy = await TcpProxy.start({ host: url.hostname, port: Number(url.port) });
  url.host = proxy.address;
  return { proxy, url: url.href };
}
