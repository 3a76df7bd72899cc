import type { Kafka } from 'kafkajs';
import { asAdmin, kafkaClient } from '../connection/client';
import { translated } from '../connection/errors';
import type { KafkaConnection } from '../connection/options';
import { describeDifference, type TopicDifference } from './diff-topics';
import { findPartitions } from './found-topics';
import type { TopicSpec } from './topic-spec';

/** Topics are missing or have another number of partitions than they must have. Trying again does not help; `regulars topics apply` may. */
export class TopicsUnfit extends Error {
  constructor(readonly differences: readonly TopicDifference[]) {
    const remedy = differences.some(({ kind }) => kind === 'partitions')
      ? '`regulars topics apply` creates what is missing; the number of partitions of a topic with messages is changed by filling a second set of topics'
      : 'Create it with: regulars topics apply';
    super(`${differences.map(describeDifference).join('. ')}. ${remedy}`);
    this.name = 'TopicsUnfit';
  }
}

/** Checks that topics are there with as many partitions as they must have. Throws `TopicsUnfit`, or `KafkaUnavailable`. */
export async function requireTopics(
  kafka: Kafka,
  brokers: readonly string[],
  specs: readonly TopicSpec[],
  topicSuffix: string,
): Promise<void> {
  const names = specs.map(({ name }) => name + topicSuffix);
  const found = await asAdmin(kafka, (admin) => findPartitions(admin, names)).catch((error: unknown) => {
    throw translated(`Kafka at ${brokers.join(', ')} cannot be used`, error);
  });
  const differences = specs.flatMap((spec): TopicDifference[] => {
    const topic = spec.name + topicSuffix;
    const partitions = found.get(topic);
    if (partitions === undefined) return [{ kind: 'missing', topic, expected: spec.partitions }];
    return partitions === spec.partitions ? [] : [{ kind: 'partitions', topic, expected: spec.partitions, found: partitions }];
  });
  if (differences.length > 0) throw new TopicsUnfit(differences);
}

/**
 * The same topics with as many partitions as they have; one that is missing keeps what it says. For a set of topics that is filled
 * whatever its partitions. Throws `KafkaUnavailable`.
 */
export async function withFoundPartitions(
  connection: KafkaConnection,
  specs: readonly TopicSpec[],
  topicSuffix: string,
): Promise<TopicSpec[]> {
  const physical = ({ name }: TopicSpec): string => name + topicSuffix;
  const found = await asAdmin(kafkaClient(connection), (admin) => findPartitions(admin, specs.map(physical))).catch((error: unknown) => {
    throw translated(`Kafka at ${connection.brokers.join(', ')} cannot be used`, error);
  });
  return specs.map((spec) => ({ ...spec, partitions: found.get(physical(spec)) ?? spec.partitions }));
}
