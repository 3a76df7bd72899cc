import { randomUUID } from 'node:crypto';
import { openKafkaBus } from '@regulars/adapter-kafka';
import { PURCHASE_TOPIC } from '@regulars/contracts';
import type { DeliveredMessage } from '@regulars/ports';
import { Kafka, logLevel } from 'kafkajs';
import type { TestCluster } from './test-cluster';

/** The purchases' topic of a cluster as every consumer sees it that reads it from the beginning. */
export class RecordsOfTopic {
  private constructor(readonly messages: readonly DeliveredMessage[]) {}

  /** Reads every partition up to a watermark that covers the log as it is now, or to `upTo`. */
  static async read(
    cluster: TestCluster,
    { topicSuffix = cluster.topicSuffix, upTo }: { readonly topicSuffix?: string; readonly upTo?: string } = {},
  ): Promise<RecordsOfTopic> {
    const { engines, topics } = cluster;
    const end = upTo ?? (await cluster.client().head()) ?? '';
    const specs = topics.filter(({ name }) => name === PURCHASE_TOPIC);
    const connection = { brokers: engines.brokers.split(','), clientId: 'test' };
    const bus = await openKafkaBus({ connection, topicSuffix, chain: 'main', topics: specs });
    const messages: DeliveredMessage[] = [];
    const open = new Set(Array.from({ length: specs[0]?.partitions ?? 0 }, (_, number) => `${PURCHASE_TOPIC}${topicSuffix}/${number}`));
    try {
      await new Promise<void>((resolve, reject) => {
        const consumption = bus.consume({
          group: `test-${randomUUID()}`,
          topics: [PURCHASE_TOPIC],
          from: {},
          onBatch: async (batch) => void messages.push(...batch),
          onWatermark: (source, { logPosition }) => {
            if (logPosition >= end) open.delete(source);
            if (open.size === 0) resolve();
          },
        });
        consumption.ended.catch(reject);
      });
    } finally {
      await bus.close();
    }
    return new RecordsOfTopic(messages);
  }

  /** The relays' epochs of the records as they lie in Kafka, watermarks apart, each with the highest one before it in its partition. */
  static async epochs(
    { engines, topics }: Pick<TestCluster, 'engines' | 'topics'>,
    topicSuffix: string,
  ): Promise<readonly { readonly epoch: number; readonly highestBefore: number }[]> {
    const topic = PURCHASE_TOPIC + topicSuffix;
    const kafka = new Kafka({ brokers: engines.brokers.split(','), logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    const open = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)]));
    await admin.disconnect();
    const highest = new Map<number, number>();
    const found: { epoch: number; highestBefore: number }[] = [];
    const consumer = kafka.consumer({ groupId: `test-${randomUUID()}` });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    try {
      await new Promise<void>((resolve) => {
        void consumer.run({
          eachMessage: async ({ partition, message: { headers, value, offset } }) => {
            const epoch = Number(headers?.ce_epoch);
            const highestBefore = highest.get(partition) ?? 0;
            // Watermarks have an empty value.
            if (value?.length) found.push({ epoch, highestBefore });
            highest.set(partition, Math.max(epoch, highestBefore));
            if (Number(offset) + 1 >= (open.get(partition) ?? 0)) open.delete(partition);
            if (open.size === 0) resolve();
          },
        });
      });
    } finally {
      await consumer.disconnect();
    }
    expect(topics.find(({ name }) => name === PURCHASE_TOPIC)?.partitions).toBe(highest.size);
    return found;
  }

  /** Places, in the order of the log. */
  get places(): readonly string[] {
    return this.messages.map(placeOf).sort();
  }

  /** What breaks the order of the log within a partition, or comes twice anywhere. */
  problems(): readonly string[] {
    const last = new Map<string, string>();
    const seen = new Set<string>();
    const problems: string[] = [];
    for (const message of this.messages) {
      const place = placeOf(message);
      if (seen.has(place)) problems.push(`${place} twice`);
      const { source, logPosition = '' } = message;
      if (logPosition < (last.get(source) ?? '')) problems.push(`${place} behind ${last.get(source)} in ${source}`);
      seen.add(place);
      last.set(source, logPosition);
    }
    return problems;
  }
}

/** Where a message comes from in the log: positions have the same length, so that they compare as the log goes. */
function placeOf({ logPosition, id }: DeliveredMessage): string {
  return `${logPosition} ${id}`;
}
