/**
 * A consumer of a group in a process of its own, to be stopped, killed and frozen. Appends what happens to each message to a file of
 * history, at once: what it began is there though it is killed. Mode `followed` is how services consume; `careless` handles a batch
 * all at once, which must be found.
 */
const { appendFileSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const { openKafkaBus } = require('@regulars/adapter-kafka');
const { DeadLetters, followMessages } = require('@regulars/engine');
const { InMemoryDocumentStore, writeHistory } = require('@regulars/testing');

const { bus: options, consumer, file, group, topic, mode } = JSON.parse(process.argv[2]);
const clock = { now: () => Date.now() };

/** All processes of a machine have this clock in common. */
const now = () => Number(process.hrtime.bigint() / 1_000n);
const note = (entry) => appendFileSync(file, writeHistory([{ ...entry, consumer, at: now() }]));

async function handle({ key, id }) {
  note({ kind: 'began', key, id });
  await sleep(1 + (Buffer.from(id).reduce((sum, byte) => sum + byte, 0) % 7));
  note({ kind: 'finished', key, id, outcome: 'handled' });
}

async function consume(bus) {
  if (mode === 'careless') {
    const onBatch = async (messages) => void (await Promise.all(messages.map(handle)));
    return bus.consume({ group, topics: [topic], from: 'committed', sourcesAtOnce: 4, onBatch });
  }
  const deadLetters = await DeadLetters.open(new InMemoryDocumentStore(), clock);
  const report = (event, facts) => process.stderr.write(`${event} ${JSON.stringify(facts)}\n`);
  return followMessages({ bus, group, topics: [topic], handle, deadLetters, clock, report, restart: { delayMsMin: 50, delayMsMax: 500 } });
}

openKafkaBus(options).then(async (bus) => {
  const consuming = await consume(bus);
  process.once('SIGTERM', async () => {
    await consuming.close();
    await bus.close();
    process.exit(0);
  });
  process.send('consumes');
});
