import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyTopics, readTopics, type TopicSpec } from '@regulars/adapter-kafka';
import { MongoClient } from 'mongodb';
import { HttpClient, type Streamed } from '../../support/http-client';
import type { Item } from '../../support/receipts';
import { ServiceProcess } from './service-process';

/** The topics of the services. */
export const TOPICS = join(__dirname, '..', '..', '..', 'infra', 'kafka', 'topics.yaml');

/** The real engines the suites run on. */
export interface Engines {
  readonly brokers: string;
  readonly mongodbUrl: string;
}

/** The engines `npm run test:engines` has started. Throws where there are none: these suites have nothing to fall back on. */
export function engines(): Engines {
  const { REGULARS_TEST_KAFKA_BROKERS: brokers, REGULARS_TEST_MONGODB_URL: mongodbUrl } = process.env;
  if (!brokers || !mongodbUrl) throw new Error('Run this by `npm run test:engines`: it starts Kafka and a MongoDB-protocol server');
  return { brokers, mongodbUrl };
}

/** How a cluster is laid out. */
export interface ClusterOptions {
  /** Partitions of the purchase topics; default 3. */
  readonly partitions?: number;
  /** Instances of loyalty-tier; default 2. */
  readonly instances?: number;
  /** Settings for all services. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Settings for one service, such as addresses of proxies. */
  readonly purchase?: Readonly<Record<string, string>>;
  readonly loyaltyTier?: Readonly<Record<string, string>>;
  /** Engines of its own; default: those of the run. */
  readonly engines?: Engines;
}

/** The services as separate processes on real engines: one purchase process with the embedded log, and loyalty-tier scaled out. */
export class TestCluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'regulars-cluster-'));
  readonly loyaltyTier: ServiceProcess[] = [];
  /** Topics and databases of this cluster alone have this in their names. */
  readonly mark = `t${randomBytes(5).toString('hex')}`;
  /** Its topics; in Kafka their names end in `topicSuffix`. */
  readonly topics: readonly TopicSpec[];
  private started: ServiceProcess | undefined;
  private token = '';
  private instances = 0;

  private constructor(
    private readonly options: ClusterOptions,
    readonly engines: Engines,
  ) {
    const { partitions = 3 } = options;
    this.topics = readTopics(readFileSync(TOPICS, 'utf8')).map((spec) => (spec.partitions > 1 ? { ...spec, partitions } : spec));
  }

  /** Creates the topics, starts everything and waits until it is ready. */
  static async start(options: ClusterOptions = {}): Promise<TestCluster> {
    const cluster = new TestCluster(options, options.engines ?? engines());
    try {
      await cluster.open();
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  get topicSuffix(): string {
    return `.${this.mark}`;
  }

  get purchase(): ServiceProcess {
    return this.started as ServiceProcess;
  }

  /** All tills' and operations' requests, each to the service that answers it; tiers are asked of the given instance. */
  client(instance = 0): ClusterClient {
    return new ClusterClient(this.purchase.url, this.loyaltyTier[instance]?.url ?? '', this.token);
  }

  /** Starts one more instance of loyalty-tier, of another build where one is given; does not wait until it is ready. */
  async addInstance(more: Readonly<Record<string, string>> = {}, build?: string): Promise<ServiceProcess> {
    const environment = { ...this.environment(`loyalty-tier-${this.instances++}`), ...this.options.loyaltyTier, ...more };
    const instance = await ServiceProcess.start('loyalty-tier', environment, build);
    this.loyaltyTier.push(instance);
    return instance;
  }

  /** The settings of a service that keeps its files under a name. */
  environment(folder: string): Record<string, string> {
    return {
      REGULARS_DATA_DIR: join(this.folder, folder),
      REGULARS_KAFKA_BROKERS: this.engines.brokers,
      REGULARS_KAFKA_TOPIC_SUFFIX: this.topicSuffix,
      REGULARS_KAFKA_TOPICS_FILE: this.topicsFile,
      REGULARS_KAFKA_SESSION_TIMEOUT_SECONDS: '6',
      REGULARS_MONGODB_URL: this.engines.mongodbUrl,
      REGULARS_MONGODB_DATABASE: this.mark,
      REGULARS_MONGODB_BULK_WRITES_MAX: '32',
      REGULARS_LOGGING_LEVEL: 'info',
      ...this.options.environment,
    };
  }

  private get topicsFile(): string {
    return join(this.folder, 'topics.json');
  }

  /** The output of all processes, for a failing test. */
  output(): string {
    return [this.purchase, ...this.loyaltyTier].map(({ name, output }) => `--- ${name}\n${output.slice(-6_000)}`).join('\n');
  }

  /** Ends every process, drops the databases and removes the files. Topics stay with the engines, which the run throws away. */
  async close(): Promise<void> {
    const processes = [this.started, ...this.loyaltyTier].filter((process) => process !== undefined);
    await Promise.all(processes.map((process) => process.stop()));
    const client = new MongoClient(this.engines.mongodbUrl, { serverSelectionTimeoutMS: 5_000 });
    try {
      for (const service of ['purchase', 'loyalty-tier']) await client.db(`${this.mark}-${service}`).dropDatabase();
    } catch {
      // The engines may be gone on purpose.
    } finally {
      await client.close();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async open(): Promise<void> {
    const { instances = 2 } = this.options;
    writeFileSync(this.topicsFile, JSON.stringify({ topics: this.topics }));
    const connection = { brokers: this.engines.brokers.split(','), clientId: 'test' };
    await applyTopics(connection, this.topics, { topicSuffix: this.topicSuffix });
    this.started = await ServiceProcess.start('purchase', { ...this.environment('purchase'), ...this.options.purchase });
    for (let i = 0; i < instances; i++) await this.addInstance();
    await Promise.all([this.purchase, ...this.loyaltyTier].map((process) => process.untilReady()));
    this.token = (await readFile(join(this.folder, 'purchase', 'admin.token'), 'utf8')).trim();
  }
}

const OF_LOYALTY_TIER = /^\/v1\/(pyramid|customers|digest)/;

/** One address for all: requests go to the service that answers them. */
export class ClusterClient extends HttpClient {
  readonly tiers: HttpClient;

  constructor(purchaseUrl: string, tierUrl: string, token: string) {
    super(purchaseUrl, token);
    this.tiers = new HttpClient(tierUrl, token);
  }

  override send<Body = never>(...[path, how]: Parameters<HttpClient['send']>) {
    return OF_LOYALTY_TIER.test(path) ? this.tiers.send<Body>(path, how) : super.send<Body>(path, how);
  }

  /** Where the log of the purchase service ends. */
  async head(): Promise<string | null> {
    return (await this.get<{ eventLog: { head: string | null } }>('/v1/status')).eventLog.head;
  }

  /** Streams items; throws where the stream was cut or refused. */
  async ingest(items: readonly Item[]): Promise<Streamed> {
    const streamed = await this.streamItems(items);
    if (streamed.cut || streamed.problem) throw new Error(`The stream did not end well: ${JSON.stringify(streamed.problem ?? 'cut')}`);
    return streamed;
  }
}
