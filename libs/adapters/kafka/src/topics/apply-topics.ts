import { type Admin, ConfigResourceTypes } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { asAdmin, kafkaClient } from '../connection/client';
import { KafkaUnavailable, translated } from '../connection/errors';
import type { KafkaConnection } from '../connection/options';
import { differencesOf, type TopicDifference } from './diff-topics';
import { findTopics } from './found-topics';
import { settingsOf, type TopicSpec } from './topic-spec';

const TRY_EVERY_MS = 100;
const TRIES_MAX = 100;

/** What `applyTopics` did and what it leaves to people. */
export interface AppliedTopics {
  readonly created: readonly string[];
  /** Topics whose settings were changed. */
  readonly changed: readonly string[];
  /**
   * Topics with another number of partitions than they must have. They are left alone: keys would move to other partitions and lose their
   * order. Changing them is a procedure of its own: fill a second set of topics, compare, switch.
   */
  readonly refused: readonly TopicDifference[];
}

/** Whose settings for all topics that do not say themselves. */
export interface ApplyOptions {
  readonly topicSuffix?: string | undefined;
  /** Copies of each partition where the topic does not say; default 1, at least 3 in production. */
  readonly replicationFactor?: number | undefined;
}

async function create(
  admin: Admin,
  specs: readonly TopicSpec[],
  { topicSuffix = '', replicationFactor = 1 }: ApplyOptions,
): Promise<string[]> {
  if (specs.length === 0) return [];
  const topics = specs.map((spec) => ({
    topic: spec.name + topicSuffix,
    numPartitions: spec.partitions,
    replicationFactor: spec.replicationFactor ?? replicationFactor,
    configEntries: Object.entries(settingsOf(spec)).map(([name, value]) => ({ name, value })),
  }));
  await admin.createTopics({ topics, waitForLeaders: false, validateOnly: false });
  await untilThere(
    admin,
    topics.map(({ topic }) => topic),
  );
  return topics.map(({ topic }) => topic);
}

/** Waits until every partition has a leader. The client's own waiting gives up where a broker has not heard of a new topic yet. */
async function untilThere(admin: Admin, names: readonly string[]): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [...names] });
      if (topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))) return;
    } catch (error) {
      if (tries >= TRIES_MAX) throw error;
    }
    if (tries >= TRIES_MAX) throw new KafkaUnavailable(`Not all partitions of ${names.join(', ')} have a leader yet`);
    await delay(TRY_EVERY_MS);
  }
}

/**
 * Creates topics that are missing and sets what is set otherwise; settings nobody asked for stay. Repeating it changes nothing.
 * Throws `KafkaUnavailable` where Kafka cannot be reached; what was done until then stays.
 */
export async function applyTopics(
  connection: KafkaConnection,
  specs: readonly TopicSpec[],
  options: ApplyOptions = {},
): Promise<AppliedTopics> {
  const physical = ({ name }: TopicSpec): string => name + (options.topicSuffix ?? '');
  try {
    return await asAdmin(kafkaClient(connection), async (admin) => {
      const found = await findTopics(admin, specs.map(physical));
      const existing = specs.filter((spec) => found.has(physical(spec)));
      const created = await create(
        admin,
        specs.filter((spec) => !found.has(physical(spec))),
        options,
      );
      const differences = existing.flatMap((spec) => differencesOf(spec, physical(spec), found.get(physical(spec))));
      const changed = existing.filter((spec) => differences.some(({ kind, topic }) => kind === 'setting' && topic === physical(spec)));
      // Kafka forgets every setting of a topic that is not named when its settings are altered.
      const resources = changed.map((spec) => ({
        type: ConfigResourceTypes.TOPIC,
        name: physical(spec),
        configEntries: Object.entries({ ...found.get(physical(spec))?.ownSettings, ...settingsOf(spec) }).map(([name, value]) => ({
          name,
          value,
        })),
      }));
      if (resources.length > 0) await admin.alterConfigs({ validateOnly: false, resources });
      return { created, changed: changed.map(physical), refused: differences.filter(({ kind }) => kind === 'partitions') };
    });
  } catch (error) {
    throw translated('The topics cannot be applied', error);
  }
}
