import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type EventLog, openEventLog } from '@regulars/adapter-embedded';
import { BadConnectionString, openEventStoreDb } from '@regulars/adapter-eventstoredb';
import { type KafkaBusOptions, openKafkaBus, readTopics, TopicsUnfit, withFoundPartitions } from '@regulars/adapter-kafka';
import { openMongoDocuments } from '@regulars/adapter-mongodb';
import { INTAKE_RESULTS_TOPIC, INTAKE_TOPIC, integrationEvents } from '@regulars/contracts';
import {
  type Connection,
  contractsValidator,
  embeddedLogFacts,
  embeddedLogGauges,
  failpointOf,
  kafkaSettings,
  logBytes,
  mongoSettings,
  runMain,
  SERVICE_VERSION,
  startService,
  topicsFile,
} from '@regulars/hosting';
import { componentLogger, type Configuration, type Logger, systemClock } from '@regulars/runtime';
import { composePurchase, furtherSuffixes, type PurchaseConnections, type PurchaseProcess, RELAYED_TOPICS } from './purchase.process';

const NAME = 'purchase';
const TOPICS: readonly string[] = [...RELAYED_TOPICS, INTAKE_TOPIC, INTAKE_RESULTS_TOPIC];

type BusConnection = Connection<PurchaseConnections['bus']>;

const busConnection = (name: string, open: BusConnection['open']): BusConnection => ({
  name,
  open,
  reason: (error) => (error instanceof TopicsUnfit ? error.message : undefined),
});

/** The bus of the process, and one for each further set of topics that it fills, whatever the partitions of these. */
function connectBuses(configuration: Configuration, logger: Logger) {
  const settings = kafkaSettings(configuration, logger);
  const specs = readTopics(topicsFile(configuration));
  const topics = specs.filter(({ name }) => TOPICS.includes(name));
  const options: KafkaBusOptions = { ...settings, topics, plainTopics: [INTAKE_TOPIC], validate: contractsValidator(integrationEvents) };
  const relayed = specs.filter(({ name }) => RELAYED_TOPICS.includes(name));
  const further = furtherSuffixes(configuration).map((topicSuffix) => {
    const open = async () =>
      openKafkaBus({ ...options, topicSuffix, topics: await withFoundPartitions(settings.connection, relayed, topicSuffix) });
    return [`bus${topicSuffix}`, busConnection(`Kafka topics ${topicSuffix}`, open)] as const;
  });
  return { bus: busConnection('Kafka', () => openKafkaBus(options)), ...Object.fromEntries(further) };
}

function connectEventStore({ eventStore }: Configuration, logger: Logger): Connection<PurchaseConnections['eventStore']> {
  const log = componentLogger(logger, 'event-store');
  const report = (problem: string) => log.warn(problem);
  const tls = eventStore.caFile === '' ? {} : { tlsCaFile: eventStore.caFile };
  return {
    name: 'EventStoreDB',
    open: () => openEventStoreDb({ connectionString: eventStore.url, ...tls, report }),
    isFinal: isRefusedSetting,
  };
}

/** What the stores' adapters say to settings that cannot work. */
function isRefusedSetting(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof BadConnectionString;
}

/** The event log in the data directory of this process, which is then the only one that has it. */
function openOwnLog({ dataDir }: Configuration, failpoint: PurchaseProcess['failpoint'], opened: (log: EventLog) => void) {
  return {
    name: 'event log',
    async open() {
      // The files hold what people bought: nobody else on the machine may read them.
      await mkdir(dataDir, { recursive: true, mode: 0o700 });
      const log = await openEventLog({ directory: join(dataDir, 'event-log'), clock: systemClock, failpoint });
      opened(log);
      return log;
    },
    reason: (error: unknown) =>
      error instanceof Error && error.name === 'DirectoryLocked' ? 'another process has its directory; it is tried again' : undefined,
  };
}

async function start(configuration: Configuration, logger: Logger) {
  const failpoint = failpointOf(process.env);
  const alone = configuration.eventStore.url === '';
  let ownLog: EventLog | undefined;
  const eventStore = alone ? openOwnLog(configuration, failpoint, (log) => (ownLog = log)) : connectEventStore(configuration, logger);
  return startService<PurchaseConnections>({
    name: NAME,
    version: SERVICE_VERSION,
    configuration,
    logger,
    clock: systemClock,
    connections: {
      ...connectBuses(configuration, logger),
      documents: { name: 'MongoDB', open: () => openMongoDocuments(mongoSettings(configuration, NAME)), isFinal: isRefusedSetting },
      eventStore,
    },
    compose: (context) => {
      const log = ownLog;
      const ofLog = log ? { logFacts: () => embeddedLogFacts(log), logGauges: embeddedLogGauges(log), logBytes } : {};
      return composePurchase(context, { alone, failpoint, ...ofLog });
    },
  });
}

void runMain(
  {
    name: NAME,
    version: SERVICE_VERSION,
    summary: 'takes in purchases by HTTP and from the intake topic, keeps their events, and tells the other services.',
    settings: ['dataDir', 'chain', 'intake', 'http', 'logging', 'shutdown', 'kafka', 'mongodb', 'eventStore'],
    required: ['kafka.brokers', 'mongodb.url'],
  },
  start,
);
