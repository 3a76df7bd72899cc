import { asAdmin, kafkaClient } from '../connection/client';
import { translated } from '../connection/errors';
import type { KafkaConnection } from '../connection/options';
import { findTopics, type FoundTopic } from './found-topics';
import { settingsOf, type TopicSpec } from './topic-spec';

/** One thing in which a topic is not as it must be. `topic` is its name in Kafka. */
export type TopicDifference =
  | { readonly kind: 'missing'; readonly topic: string; readonly expected: number }
  | { readonly kind: 'partitions'; readonly topic: string; readonly expected: number; readonly found: number }
  | {
      readonly kind: 'setting';
      readonly topic: string;
      readonly setting: string;
      readonly expected: string;
      readonly found: string | undefined;
    };

/** In what a found topic differs from what it must be. */
export function differencesOf(spec: TopicSpec, topic: string, found: FoundTopic | undefined): TopicDifference[] {
  if (!found) return [{ kind: 'missing', topic, expected: spec.partitions }];
  const partitions: TopicDifference[] =
    found.partitions === spec.partitions ? [] : [{ kind: 'partitions', topic, expected: spec.partitions, found: found.partitions }];
  const settings = Object.entries(settingsOf(spec)).flatMap(([setting, expected]): TopicDifference[] =>
    found.settings[setting] === expected ? [] : [{ kind: 'setting', topic, setting, expected, found: found.settings[setting] }],
  );
  return [...partitions, ...settings];
}

/** A difference in words, for people. */
export function describeDifference(difference: TopicDifference): string {
  const { topic, expected } = difference;
  if (difference.kind === 'missing') return `Topic "${topic}" is missing (${expected} partitions expected)`;
  if (difference.kind === 'partitions') return `Topic "${topic}" has ${difference.found} partitions, expected are ${expected}`;
  return `Topic "${topic}" has ${difference.setting}=${difference.found ?? '(not set)'}, expected is ${expected}`;
}

/** Compares topics with what they must be. `topicSuffix` is added to every name. Throws `KafkaUnavailable` where Kafka cannot be reached. */
export async function diffTopics(connection: KafkaConnection, specs: readonly TopicSpec[], topicSuffix = ''): Promise<TopicDifference[]> {
  const names = specs.map(({ name }) => name + topicSuffix);
  try {
    const found = await asAdmin(kafkaClient(connection), (admin) => findTopics(admin, names));
    return specs.flatMap((spec) => differencesOf(spec, spec.name + topicSuffix, found.get(spec.name + topicSuffix)));
  } catch (error) {
    throw translated('The topics cannot be read', error);
  }
}
