import type { AppliedTopics, TopicDifference } from '@regulars/adapter-kafka';
import { type Command, InvalidArgumentError } from 'commander';
import { CliError, exitCodes } from '../failure';
import { command, group, shower } from '../terminal/command';
import { table } from '../terminal/table';
import { type TopicOptions, wantedTopics } from './topic-settings';

const WHAT_TO_DO = {
  apply: '`regulars topics apply` creates what is missing and sets what is set otherwise.',
  partitions:
    'The number of partitions of a topic is never changed in place: keys would move and lose their order. Fill a second set of topics: docs/how-to/change-partitions.md.',
};

const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

function replicas(value: string): number {
  if (/^[1-9]\d?$/.test(value)) return Number(value);
  throw new InvalidArgumentError('a number from 1 to 99');
}

function withTopicOptions(base: Command): Command {
  return base
    .option('--file <file>', 'YAML of the topics; default: REGULARS_KAFKA_TOPICS_FILE, or the file that the services come with')
    .option('--brokers <list>', 'host:port, several separated by commas; default: REGULARS_KAFKA_BROKERS')
    .option('--suffix <text>', 'put after the name of every topic; default: REGULARS_KAFKA_TOPIC_SUFFIX')
    .option('--partitions <name=n>', 'another number than the file says, for one topic; may be repeated', several);
}

/** Kafka's failures, told so that a script and a person know what to do. */
async function asked<T>(brokers: readonly string[], ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof Error && error.name === 'KafkaUnavailable') {
      throw new CliError(exitCodes.unreachable, 'Kafka cannot be reached', `${brokers.join(', ')}: ${message}`, {
        whatToDo: 'Check that it runs, that --brokers or REGULARS_KAFKA_BROKERS name it, and TLS and login.',
      });
    }
    throw new CliError(exitCodes.failed, 'Kafka refuses', message, {
      whatToDo: 'Check the rights of the login, and that there are as many brokers as --replication-factor asks for.',
    });
  }
}

function differencesText(differences: readonly TopicDifference[]): string {
  return table(
    differences,
    [
      { title: 'topic', value: ({ topic }) => topic },
      { title: 'what', value: (one) => (one.kind === 'setting' ? one.setting : one.kind === 'missing' ? 'missing' : 'partitions') },
      { title: 'expected', value: ({ kind, expected }) => (kind === 'missing' ? `${expected} partitions` : String(expected)) },
      { title: 'found', value: (one) => (one.kind === 'missing' ? '' : String(one.found ?? '(not set)')) },
    ],
    'All topics are as they must be.',
  );
}

const diff = () =>
  withTopicOptions(
    command('diff', 'Compares the topics of a Kafka with what they must be; changes nothing.', [
      'topics diff --brokers kafka-1:9092,kafka-2:9092',
      'topics diff --suffix .p6 --partitions purchase.events.v1=6',
    ]),
  ).action(async (_options: unknown, self: Command) => {
    const options: TopicOptions = self.optsWithGlobals();
    const { connection, specs, topicSuffix } = await wantedTopics(options);
    const { diffTopics } = await import('@regulars/adapter-kafka');
    const differences = await asked(connection.brokers, () => diffTopics(connection, specs, topicSuffix));
    shower(options)({ differences }, differencesText(differences));
    if (differences.length === 0) return;
    const applicable = differences.some(({ kind }) => kind !== 'partitions');
    const parted = differences.some(({ kind }) => kind === 'partitions');
    throw new CliError(exitCodes.checkFailed, 'The topics are not as they must be', undefined, {
      whatToDo: [applicable ? WHAT_TO_DO.apply : '', parted ? WHAT_TO_DO.partitions : ''].filter(Boolean).join(' '),
    });
  });

function appliedText({ created, changed }: AppliedTopics): string {
  const lines = [...created.map((topic) => `${topic} is created.`), ...changed.map((topic) => `${topic} has other settings now.`)];
  return lines.length > 0 ? lines.join('\n') : 'Nothing had to be changed.';
}

const apply = () =>
  withTopicOptions(
    command('apply', 'Creates topics that are missing, and sets what is set otherwise. Repeating it changes nothing.', [
      'topics apply --brokers kafka-1:9092 --replication-factor 3',
      'topics apply --suffix .p6 --partitions purchase.events.v1=6',
    ]),
  )
    .option('--replication-factor <n>', 'copies of each partition of a new topic; default: 1, at least 3 in production', replicas)
    .action(async (_options: unknown, self: Command) => {
      const options: TopicOptions & { replicationFactor?: number } = self.optsWithGlobals();
      const { connection, specs, topicSuffix } = await wantedTopics(options);
      const { applyTopics } = await import('@regulars/adapter-kafka');
      const { replicationFactor } = options;
      const applied = await asked(connection.brokers, () => applyTopics(connection, specs, { topicSuffix, replicationFactor }));
      shower(options)(applied, appliedText(applied));
      if (applied.refused.length === 0) return;
      throw new CliError(exitCodes.failed, 'Not everything can be applied', differencesText(applied.refused), {
        whatToDo: WHAT_TO_DO.partitions,
      });
    });

/** `regulars topics …` */
export const topicsCommand = () => group('topics', 'The topics of the Kafka between separate services.', [diff(), apply()]);
