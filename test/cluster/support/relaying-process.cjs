/**
 * A relay in a process of its own, over an event log in a folder of its own: as a purchase process has it, only slow, and with a lease
 * that runs out soon. Tells its parent how it stands after each batch.
 */
const { setTimeout: sleep } = require('node:timers/promises');
const { openEventLog } = require('@regulars/adapter-embedded');
const { openKafkaBus } = require('@regulars/adapter-kafka');
const { openMongoDocuments } = require('@regulars/adapter-mongodb');
const { startRelay } = require('@regulars/engine');
const { accessPublishes } = require('@regulars/hosting');
const { purchasePublishes } = require('@regulars/purchase');

const { holder, directory, kafka, mongodb, leaseMs, batchEventsMax, batchMs } = JSON.parse(process.argv[2]);
const clock = { now: () => Date.now() };

async function main() {
  const eventStore = await openEventLog({ directory, clock });
  const bus = await openKafkaBus(kafka);
  const documents = await openMongoDocuments(mongodb);
  const failpoint = async (moment) => {
    if (moment === 'relay.after-publish') await sleep(batchMs);
  };
  const report = (event, facts) => process.stderr.write(`${holder} ${event} ${JSON.stringify(facts)}\n`);
  const publishers = [purchasePublishes, accessPublishes];
  const topics = kafka.topics.map(({ name }) => name);
  const name = `relay${kafka.topicSuffix}`;
  const relay = startRelay({
    name,
    eventStore,
    bus,
    documents,
    publishers,
    topics,
    holder,
    clock,
    failpoint,
    report,
    leaseMs,
    batchEventsMax,
  });
  const head = await eventStore.head();
  setInterval(() => process.send({ ...relay.status(), head }), 50);
  process.once('SIGTERM', async () => {
    await relay.close();
    await bus.close();
    process.exit(0);
  });
}

void main();
