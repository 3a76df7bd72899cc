import { type Admin, ConfigResourceTypes } from 'kafkajs';

/** Where Kafka says a setting comes from: set on the topic itself (DescribeConfigs, `DYNAMIC_TOPIC_CONFIG`). */
const SET_ON_TOPIC = 1;

/** A topic as it is. */
export interface FoundTopic {
  readonly name: string;
  readonly partitions: number;
  /** All its settings, defaults included. */
  readonly settings: Readonly<Record<string, string>>;
  /** Those that were set on the topic itself. */
  readonly ownSettings: Readonly<Record<string, string>>;
}

/** The number of partitions of each of these topics that exists. */
export async function findPartitions(admin: Admin, names: readonly string[]): Promise<Map<string, number>> {
  const existing = new Set(await admin.listTopics());
  const wanted = names.filter((name) => existing.has(name));
  if (wanted.length === 0) return new Map();
  const { topics } = await admin.fetchTopicMetadata({ topics: wanted });
  return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
}

/** Those of these topics that exist, with their settings. */
export async function findTopics(admin: Admin, names: readonly string[]): Promise<Map<string, FoundTopic>> {
  const partitions = await findPartitions(admin, names);
  if (partitions.size === 0) return new Map();
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [...partitions.keys()].map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
  });
  const found = resources.map(({ resourceName, configEntries }): FoundTopic => {
    const own = configEntries.filter((entry) => Number((entry as { configSource?: unknown }).configSource) === SET_ON_TOPIC);
    const toSettings = (entries: typeof configEntries): Record<string, string> =>
      Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue ?? '']));
    return {
      name: resourceName,
      partitions: partitions.get(resourceName) ?? 0,
      settings: toSettings(configEntries),
      ownSettings: toSettings(own),
    };
  });
  return new Map(found.map((topic) => [topic.name, topic]));
}
