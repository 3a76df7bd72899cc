import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import adapterKafka from '@regulars/adapter-kafka';

export const TOPICS_FILE = fileURLToPath(new URL('../../../infra/kafka/topics.yaml', import.meta.url));

/** The platform's topics; those that are shared out among instances with the given number of partitions. */
export function topicSpecs(partitions) {
  return adapterKafka.readTopics(readFileSync(TOPICS_FILE, 'utf8')).map((spec) => (spec.partitions > 1 ? { ...spec, partitions } : spec));
}
