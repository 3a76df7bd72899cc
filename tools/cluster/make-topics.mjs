/** The topics of a cluster, with as many partitions as it was first started with. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import kafka from '@regulars/adapter-kafka';
import { EngineFailure } from '../../infra/engines/failure.mjs';

const usual = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'infra', 'kafka', 'topics.yaml');

/**
 * Makes what is missing and answers the file by which services know the topics. Where `partitions` is given, that file lies in the
 * directory and holds for later starts too. Throws EngineFailure where there are topics with another number of partitions.
 */
export async function makeTopics({ directory, brokers, partitions, say }) {
  const own = join(directory, 'topics.json');
  const given = process.env.REGULARS_KAFKA_TOPICS_FILE || usual;
  const source = partitions === undefined && existsSync(own) ? own : given;
  const specs = kafka.readTopics(readFileSync(source, 'utf8'));
  // Topics that are not parted stay so.
  const wanted = partitions === undefined ? specs : specs.map((spec) => (spec.partitions > 1 ? { ...spec, partitions } : spec));
  const connection = { brokers: brokers.split(','), clientId: 'regulars-cluster' };
  const topicSuffix = process.env.REGULARS_KAFKA_TOPIC_SUFFIX ?? '';
  const { created, changed, refused } = await kafka.applyTopics(connection, wanted, { topicSuffix });
  if (refused.length > 0) {
    const advice = 'Topics keep the partitions they were made with: leave --partitions out, or start in another directory.';
    throw new EngineFailure([...refused.map(kafka.describeDifference), advice].join('\n'));
  }
  if (created.length + changed.length > 0) say(`${created.length + changed.length} topics are made or changed.`);
  if (partitions === undefined) return source;
  writeFileSync(own, JSON.stringify({ topics: wanted }, undefined, 2));
  return own;
}
