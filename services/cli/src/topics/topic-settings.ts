import type { KafkaConnection, TopicSpec } from '@regulars/adapter-kafka';
import { CliError, exitCodes } from '../failure';
import type { GlobalOptions } from '../terminal/command';

/** A request that is refused or unanswered is repeated so often: a person waits for it. */
const RETRIES = 2;

/** What `regulars topics …` is told. */
export interface TopicOptions extends GlobalOptions {
  readonly brokers?: string;
  readonly suffix?: string;
  readonly file?: string;
  /** `NAME=N`. */
  readonly partitions?: readonly string[];
}

/** Which Kafka, and how its topics must be. */
export interface WantedTopics {
  readonly connection: KafkaConnection;
  readonly specs: readonly TopicSpec[];
  readonly topicSuffix: string;
}

/**
 * Connection and topics from the settings of the services (`REGULARS_KAFKA_…`, `regulars.yaml` in the data directory); options win over them.
 * Throws CliError, saying what to do, where something is missing or cannot be used.
 */
export async function wantedTopics(options: TopicOptions, environment: NodeJS.ProcessEnv = process.env): Promise<WantedTopics> {
  // Loaded only here: no other command needs them.
  const { loadConfiguration, createLogger } = await import('@regulars/runtime');
  const { kafkaSettings, topicsFile } = await import('@regulars/hosting');
  const { readTopics } = await import('@regulars/adapter-kafka');
  const { brokers, suffix, file, data } = options;
  const configuration = usable('The settings cannot be used', () =>
    loadConfiguration({
      environment,
      overrides: { dataDir: data, kafka: { brokers, topicSuffix: suffix, topicsFile: file } },
    }),
  );
  if (configuration.kafka.brokers === '') {
    throw new CliError(exitCodes.usage, 'Which Kafka?', 'Neither --brokers nor REGULARS_KAFKA_BROKERS is given.', {
      whatToDo: 'Name a broker as host:port, and TLS and a login by the other REGULARS_KAFKA_ settings.',
    });
  }
  const { connection, topicSuffix } = usable('The settings cannot be used', () =>
    kafkaSettings(configuration, createLogger({ level: 'silent' })),
  );
  const named = file ?? configuration.kafka.topicsFile;
  const specs = usable(`The file of the topics cannot be used${named === '' ? '' : `: ${named}`}`, () =>
    readTopics(topicsFile(configuration)),
  );
  const timings = { ...connection.timings, retries: RETRIES };
  return { connection: { ...connection, timings, log: undefined }, specs: withPartitions(specs, options.partitions ?? []), topicSuffix };
}

/** What settings and files say, where they can be used. */
function usable<T>(title: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new CliError(exitCodes.usage, title, error instanceof Error ? error.message : String(error));
  }
}

/** Topics with other counts than the file says, as `NAME=N`. Throws CliError for a name that is not in the file, or no count. */
function withPartitions(specs: readonly TopicSpec[], wishes: readonly string[]): readonly TopicSpec[] {
  const counts = new Map(wishes.map((wish) => countOf(wish, specs)));
  return specs.map((spec) => ({ ...spec, partitions: counts.get(spec.name) ?? spec.partitions }));
}

function countOf(wish: string, specs: readonly TopicSpec[]): readonly [string, number] {
  const [, name = '', digits = ''] = /^([^=]+)=([1-9]\d{0,3})$/.exec(wish) ?? [];
  if (specs.some((spec) => spec.name === name)) return [name, Number(digits)];
  throw new CliError(exitCodes.usage, 'Which topic, how many partitions?', `--partitions ${wish}`, {
    whatToDo: `Write NAME=N with one of: ${specs.map((spec) => spec.name).join(', ')}.`,
  });
}
