import { openKafkaBus, readTopics, TopicsUnfit } from '@regulars/adapter-kafka';
import { openMongoDocuments } from '@regulars/adapter-mongodb';
import { ACCESS_TOKENS_TOPIC, integrationEvents, PURCHASE_TOPIC, STORE_TOPIC } from '@regulars/contracts';
import {
  contractsValidator,
  failpointOf,
  kafkaSettings,
  mongoSettings,
  runMain,
  SERVICE_VERSION,
  startService,
  topicsFile,
} from '@regulars/hosting';
import { type Configuration, type Logger, systemClock } from '@regulars/runtime';
import { composeLoyaltyTier, type LoyaltyTierConnections } from './loyalty-tier.process';
import { rankingMessages, RANKINGS_TOPIC } from './ranking/messages';

const NAME = 'loyalty-tier';
const TOPICS: readonly string[] = [PURCHASE_TOPIC, STORE_TOPIC, ACCESS_TOKENS_TOPIC, RANKINGS_TOPIC];

async function start(configuration: Configuration, logger: Logger) {
  const settings = kafkaSettings(configuration, logger);
  const topics = readTopics(topicsFile(configuration)).filter(({ name }) => TOPICS.includes(name));
  const partitions = topics.find(({ name }) => name === PURCHASE_TOPIC)?.partitions ?? 0;
  const sources = Array.from({ length: partitions }, (_, partition) => `${PURCHASE_TOPIC}${settings.topicSuffix}/${partition}`);
  const validate = contractsValidator([...integrationEvents, ...rankingMessages]);
  return startService<LoyaltyTierConnections>({
    name: NAME,
    version: SERVICE_VERSION,
    configuration,
    logger,
    clock: systemClock,
    connections: {
      bus: {
        name: 'Kafka',
        open: () => openKafkaBus({ ...settings, topics, validate }),
        reason: (error) => (error instanceof TopicsUnfit ? error.message : undefined),
      },
      documents: {
        name: 'MongoDB',
        open: () => openMongoDocuments(mongoSettings(configuration, NAME)),
        isFinal: (error) => error instanceof TypeError || error instanceof RangeError,
      },
    },
    compose: (context) => composeLoyaltyTier(context, { sources, failpoint: failpointOf(process.env) }),
  });
}

void runMain(
  {
    name: NAME,
    version: SERVICE_VERSION,
    summary: 'ranks customers by contribution: pyramids, tiers and digests, exact over all its instances.',
    settings: ['dataDir', 'chain', 'http', 'logging', 'shutdown', 'kafka', 'mongodb'],
    required: ['kafka.brokers', 'mongodb.url'],
  },
  start,
);
