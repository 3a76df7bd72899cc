import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { applyTopics, type KafkaBus, openKafkaBus, readTopics } from '@regulars/adapter-kafka';
import { type HistoryEntry, mergeHistories, readHistory } from '@regulars/testing';
import { engines } from './test-cluster';

const MEMBER = join(__dirname, 'following-process.cjs');
const TOPIC = 'sample.v1';
const MS_MAX = 60_000;

/** How a member handles a batch: as services do, or everything at once. */
export type Mode = 'followed' | 'careless';

/** Consumers of one group, each in a process of its own, and a publisher; whatever happens to a message is recorded. */
export class ConsumerGroup {
  private readonly folder = mkdtempSync(join(tmpdir(), 'regulars-history-'));
  private readonly members = new Map<string, ChildProcess>();
  private readonly noted: HistoryEntry[] = [];
  private output = '';
  private sent = 0;

  private constructor(
    private readonly options: Parameters<typeof openKafkaBus>[0],
    private readonly bus: KafkaBus,
  ) {}

  /** Makes a topic of its own. */
  static async open(partitions: number): Promise<ConsumerGroup> {
    const timings = { sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 6_000, heartbeatIntervalMs: 500 };
    const connection = { brokers: engines().brokers.split(','), clientId: 'test', timings };
    const topics = readTopics(JSON.stringify({ topics: [{ name: TOPIC, partitions, retentionHours: 'forever' }] }));
    const topicSuffix = `.h${randomBytes(5).toString('hex')}`;
    await applyTopics(connection, topics, { topicSuffix });
    const options = { connection, topics, topicSuffix, chain: 'demo' };
    return new ConsumerGroup(options, await openKafkaBus(options));
  }

  /** Adds a member; resolves when it consumes. */
  async join(consumer: string, mode: Mode = 'followed'): Promise<void> {
    const argument = { bus: this.options, consumer, file: this.fileOf(consumer), group: 'group', topic: TOPIC, mode };
    const child = fork(MEMBER, [JSON.stringify(argument)], { execArgv: [], silent: true });
    child.stderr?.on('data', (part: Buffer) => (this.output = (this.output + part.toString('utf8')).slice(-100_000)));
    this.members.set(consumer, child);
    const [told] = await Promise.race([once(child, 'message'), once(child, 'close')]);
    if (told !== 'consumes') throw new Error(`${consumer} did not start: ${this.output}`);
  }

  /** Waits until a member has begun a message: it has its share of the partitions. */
  async works(consumer: string): Promise<void> {
    const deadline = Date.now() + MS_MAX;
    while (!existsSync(this.fileOf(consumer))) {
      if (Date.now() > deadline) throw new Error(`${consumer} got nothing to do: ${this.output}`);
      await sleep(50);
    }
  }

  /** SIGTERM; answers the exit code. */
  async leave(consumer: string): Promise<number | null> {
    const child = this.member(consumer);
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'close');
    return child.exitCode;
  }

  /** SIGKILL. */
  async kill(consumer: string): Promise<void> {
    const child = this.member(consumer);
    child.kill('SIGKILL');
    await once(child, 'close');
    this.noted.push({ kind: 'crashed', consumer, at: now() });
  }

  freeze(consumer: string): void {
    this.member(consumer).kill('SIGSTOP');
  }

  thaw(consumer: string): void {
    this.member(consumer).kill('SIGCONT');
  }

  /** Publishes so many messages, over twenty keys in turn. */
  async publish(count: number): Promise<void> {
    const common = { type: TOPIC, topic: TOPIC, occurredAt: '2024-03-01T10:00:00.000Z', chain: 'demo', correlationId: 'test' };
    const messages = Array.from({ length: count }, () => {
      const number = this.sent++;
      return { ...common, id: `m${number}`, key: `k${number % 20}`, data: {} };
    });
    for (const { key, id } of messages) this.noted.push({ kind: 'published', key, id, at: now() });
    await this.bus.publish(messages);
  }

  /** Waits until every message published has been handled at least once; answers everything that happened. */
  async history(): Promise<readonly HistoryEntry[]> {
    const deadline = Date.now() + MS_MAX;
    for (;;) {
      const history = this.recorded();
      const handled = new Set(history.flatMap((entry) => (entry.kind === 'finished' ? [entry.id] : [])));
      if (handled.size >= this.sent || Date.now() > deadline) return history;
      await sleep(100);
    }
  }

  /** What members said on their error output. */
  get said(): string {
    return this.output;
  }

  async close(): Promise<void> {
    for (const child of this.members.values()) child.kill('SIGKILL');
    await this.bus.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private recorded(): readonly HistoryEntry[] {
    const files = [...this.members.keys()].map((consumer) => this.fileOf(consumer)).filter((file) => existsSync(file));
    return mergeHistories(this.noted, ...files.map((file) => readHistory(readFileSync(file, 'utf8'))));
  }

  private fileOf(consumer: string): string {
    return join(this.folder, `${consumer}.ndjson`);
  }

  private member(consumer: string): ChildProcess {
    const child = this.members.get(consumer);
    if (!child) throw new Error(`There is no member ${consumer}`);
    return child;
  }
}

/** The clock all processes of the machine have in common, as the members note it. */
const now = (): number => Number(process.hrtime.bigint() / 1_000n);
