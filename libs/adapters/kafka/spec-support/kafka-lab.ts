import { randomUUID } from 'node:crypto';
import { asAdmin, kafkaClient } from '../src/connection/client';
import type { KafkaConnection, KafkaTimings } from '../src/connection/options';
import { applyTopics } from '../src/topics/apply-topics';
import { type KafkaBus, type KafkaBusOptions, openKafkaBus } from '../src/kafka-bus';
import { readTopics, type TopicSpec } from '../src/topics/topic-spec';

/** Limits that make a trial quick. */
export const QUICK: Partial<KafkaTimings> = {
  sessionTimeoutMs: 6_000,
  rebalanceTimeoutMs: 6_000,
  heartbeatIntervalMs: 150,
  fetchWaitMs: 50,
  retryFirstMs: 50,
  retryMostMs: 500,
  closeTimeoutMs: 5_000,
};

/** The brokers that were given to the suites of real engines. */
export function givenBrokers(): string[] {
  const given = process.env.REGULARS_TEST_KAFKA_BROKERS;
  if (!given) throw new Error('REGULARS_TEST_KAFKA_BROKERS names no Kafka; npm run test:engines starts one');
  return given.split(',');
}

/** A connection for specs. */
export function connectionTo(brokers: readonly string[], timings: Partial<KafkaTimings> = {}): KafkaConnection {
  return { brokers, clientId: 'regulars-spec', timings: { ...QUICK, ...timings } };
}

/** Topics of one trial, with several partitions each. */
export function topicsNamed(names: readonly string[], partitions = 3): TopicSpec[] {
  return readTopics(JSON.stringify({ topics: names.map((name) => ({ name, partitions, retentionHours: 'forever' })) }));
}

/** A set of topics of its own, and buses on it. */
export interface KafkaTrial {
  readonly suffix: string;
  readonly topics: readonly TopicSpec[];
  readonly connection: KafkaConnection;
  open(options?: Partial<KafkaBusOptions>): Promise<KafkaBus>;
  /** Closes all buses and deletes the topics. */
  dispose(): Promise<void>;
}

/** Makes the topics of a trial; `dispose` deletes them. */
export async function kafkaTrial(connection: KafkaConnection, names: readonly string[], partitions = 3): Promise<KafkaTrial> {
  const suffix = `-${randomUUID().slice(0, 8)}`;
  const topics = topicsNamed(names, partitions);
  await applyTopics(connection, topics, { topicSuffix: suffix });
  const buses: KafkaBus[] = [];
  return {
    suffix,
    topics,
    connection,
    open: async (options = {}) => {
      const bus = await openKafkaBus({ connection, chain: 'demo', topics, topicSuffix: suffix, ...options });
      buses.push(bus);
      return bus;
    },
    dispose: async () => {
      await Promise.all(buses.map((bus) => bus.close()));
      await asAdmin(kafkaClient(connection), (admin) => admin.deleteTopics({ topics: topics.map(({ name }) => name + suffix) }));
    },
  };
}
