import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { applyTopics, readTopics, type TopicSpec } from '@regulars/adapter-kafka';
import { TcpProxy } from '@regulars/testing';
import { freePort, ServiceProcess } from './support/service-process';
import { engines, TOPICS } from './support/test-cluster';

const MS_MAX = 60_000;

/** Services, whose topics and servers are made by the test when it likes. */
class Beginning {
  readonly folder = mkdtempSync(join(tmpdir(), 'regulars-beginning-'));
  readonly mark = `b${randomBytes(5).toString('hex')}`;
  readonly topics: readonly TopicSpec[] = readTopics(readFileSync(TOPICS, 'utf8')).map((spec) =>
    spec.partitions > 1 ? { ...spec, partitions: 3 } : spec,
  );
  private readonly processes: ServiceProcess[] = [];

  async start(service: string, { brokers, mongodbUrl } = engines()): Promise<ServiceProcess> {
    const topicsFile = join(this.folder, 'topics.json');
    writeFileSync(topicsFile, JSON.stringify({ topics: this.topics }));
    const process = await ServiceProcess.start(service, {
      REGULARS_DATA_DIR: join(this.folder, service),
      REGULARS_KAFKA_BROKERS: brokers,
      REGULARS_KAFKA_TOPIC_SUFFIX: `.${this.mark}`,
      REGULARS_KAFKA_TOPICS_FILE: topicsFile,
      REGULARS_MONGODB_URL: mongodbUrl,
      REGULARS_MONGODB_DATABASE: this.mark,
      REGULARS_MONGODB_BULK_WRITES_MAX: '32',
    });
    this.processes.push(process);
    return process;
  }

  async create(topics: readonly TopicSpec[]): Promise<void> {
    const connection = { brokers: engines().brokers.split(','), clientId: 'test' };
    await applyTopics(connection, topics, { topicSuffix: `.${this.mark}` });
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Waits until a service says the text of what it waits for; it lives all the while, and is not ready. */
async function says(service: ServiceProcess, check: string, text: string): Promise<void> {
  const deadline = Date.now() + MS_MAX;
  for (;;) {
    const { status, checks } = await service.readiness();
    if (status === 503 && checks[check]?.includes(text)) break;
    if (!service.lives || Date.now() > deadline) throw new Error(`${JSON.stringify({ status, checks })} ${service.output.slice(-4_000)}`);
    await sleep(50);
  }
  expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
}

describe('services that start', () => {
  let beginning: Beginning;
  beforeEach(() => {
    beginning = new Beginning();
  });
  afterEach(() => beginning.close());

  it('before Kafka and MongoDB wait for both by name, refuse requests till then, and are ready when they are there', async () => {
    const { brokers, mongodbUrl } = engines();
    const [kafkaPort, mongodbPort] = [await freePort(), await freePort()];
    const servers = {
      brokers: `127.0.0.1:${kafkaPort}`,
      mongodbUrl: mongodbUrl.replace(new URL(mongodbUrl).host, `127.0.0.1:${mongodbPort}`),
    };
    const [tier, purchase] = [await beginning.start('loyalty-tier', servers), await beginning.start('purchase', servers)];
    for (const service of [tier, purchase]) {
      await says(service, 'Kafka', 'tried again');
      await says(service, 'MongoDB', 'tried again');
      const refused = await fetch(`${service.url}/v1/status`);
      expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([503, true]);
    }
    await beginning.create(beginning.topics);
    const kafka = await TcpProxy.start({ port: Number(brokers.split(':')[1]), listenOn: kafkaPort });
    const mongodb = await TcpProxy.start({ port: Number(new URL(mongodbUrl).port), listenOn: mongodbPort });
    try {
      // The tokens come from the other service: it may be ready before it.
      await Promise.all([tier.untilReady(), purchase.untilReady()]);
      await beginning.close();
    } finally {
      await Promise.all([kafka.close(), mongodb.close()]);
    }
    for (const { output } of [tier, purchase]) expect(output).toContain('service has stopped');
  });

  it('before a topic is there name it, and are ready when it has been created', async () => {
    const results = beginning.topics.filter(({ name }) => name === 'purchase.intake-results.v1');
    await beginning.create(beginning.topics.filter((topic) => !results.includes(topic)));
    const purchase = await beginning.start('purchase');
    await says(purchase, 'Kafka', `Topic "purchase.intake-results.v1.${beginning.mark}" is missing (3 partitions expected)`);
    await beginning.create(results);
    await purchase.untilReady();
  });

  it('on a topic with another number of partitions refuse it, saying both numbers and what to do', async () => {
    await beginning.create(beginning.topics.map((topic) => (topic.partitions > 1 ? { ...topic, partitions: 2 } : topic)));
    const tier = await beginning.start('loyalty-tier');
    await says(tier, 'Kafka', `Topic "purchase.events.v1.${beginning.mark}" has 2 partitions, expected are 3`);
    expect((await tier.readiness()).checks.Kafka).toContain('filling a second set of topics');
    expect(await tier.stop()).toBe(0);
  });
});
