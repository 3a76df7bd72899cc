/**
 * Purchases from Kafka into the ledgers of their partitions, as an instance of loyalty-tier keeps them. What is timed begins when the partitions
 * have come, and ends when everything up to the last watermark is in the ledgers and on the disk.
 */
import { rm } from 'node:fs/promises';
import adapterEmbedded from '@regulars/adapter-embedded';
import adapterKafka from '@regulars/adapter-kafka';
import contracts from '@regulars/contracts';
import engine from '@regulars/engine';
import hosting from '@regulars/hosting';
import loyaltyTier from '@regulars/loyalty-tier';
import digests from '../../../services/loyalty-tier/dist/contribution/digest.js';
import partitions from '../../../services/loyalty-tier/dist/partitions/owned-ledgers.js';
import { answer, options } from '../harness/side.mjs';
import { topicSpecs } from '../harness/topics.mjs';

const { brokers, topicSuffix, group, count, logPosition, partitionCount, directory } = options;
const clock = { now: () => Date.now() };
const report = (event, { reason }) => {
  throw new Error(`${event}: ${reason}`);
};
const topics = topicSpecs(partitionCount).filter(({ name }) => name === contracts.PURCHASE_TOPIC);
const validate = hosting.contractsValidator([...contracts.integrationEvents, ...loyaltyTier.rankingMessages]);
const connection = { brokers, clientId: 'bench' };
const bus = await adapterKafka.openKafkaBus({ connection, topicSuffix, chain: 'main', topics, validate });
const documents = await adapterEmbedded.openReadModels({ file: `${directory}.db` });
const deadLetters = await engine.DeadLetters.open(documents, clock);
const workers = new loyaltyTier.LedgerWorkers();
const sources = Array.from({ length: partitionCount }, (_, partition) => `${contracts.PURCHASE_TOPIC}${topicSuffix}/${partition}`);

let began;
let cpuBegan;
let messages = 0;
/** The bus, with a group of its own for each run and an eye on what comes. */
const watched = {
  consume: (consumer) =>
    bus.consume({
      ...consumer,
      group,
      from: (come) => {
        began ??= performance.now();
        cpuBegan ??= process.cpuUsage();
        return consumer.from(come);
      },
      onBatch: (batch, upTo, done) => {
        messages += batch.length;
        return consumer.onBatch(batch, upTo, done);
      },
    }),
};
const ledgers = new partitions.OwnedLedgers({ bus: watched, sources, folders: { directory, workers }, deadLetters, clock, report });
await new Promise((resolve) => {
  ledgers.follow(() => {
    const standing = ledgers.status(0);
    if (standing.length === sources.length && standing.every((partition) => partition.logPosition === logPosition)) resolve();
  });
});
const applied = performance.now();
await ledgers.flush();
const flushed = performance.now();
const { user, system } = process.cpuUsage(cpuBegan);

const parts = await Promise.all(sources.map((source) => ledgers.at(source, logPosition).digest()));
const { digest, rows, customers } = parts.reduce(digests.addLedgerDigests);
const parked = deadLetters.count();
await ledgers.close();
await workers.close();
await bus.close();
await documents.close();
await rm(directory, { recursive: true });
answer({
  seconds: (flushed - began) / 1000,
  flushSeconds: (flushed - applied) / 1000,
  cpuSeconds: (user + system) / 1e6,
  messages,
  parked,
  content: { digest, rows, customers },
});
if (messages !== count) process.exitCode = 1;
