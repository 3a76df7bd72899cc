/** kafkajs with a handler that counts: the group, fetch settings and commits of the platform's adapter, and nothing else. */
import kafkajs from 'kafkajs';
import { answer, options } from '../harness/side.mjs';

const { brokers, topic, group, count } = options;
const kafka = new kafkajs.Kafka({ brokers, clientId: 'bench', logLevel: kafkajs.logLevel.NOTHING });
const consumer = kafka.consumer({
  groupId: group,
  sessionTimeout: 30_000,
  rebalanceTimeout: 60_000,
  heartbeatInterval: 3_000,
  maxWaitTimeInMs: 500,
  maxBytesPerPartition: 1_048_576,
  maxBytes: 10_485_760,
});

/** As the adapter commits: one request at a time, with the newest of every partition. */
const pending = new Map();
let committing;
async function commitAll() {
  await Promise.resolve();
  while (pending.size > 0) {
    const offsets = [...pending].map(([partition, offset]) => ({ topic, partition, offset, metadata: '- ' }));
    pending.clear();
    await consumer.commitOffsets(offsets);
  }
}

let began;
let cpuBegan;
let records = 0;
let messages = 0;
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
consumer.on(consumer.events.GROUP_JOIN, () => {
  began ??= performance.now();
  cpuBegan ??= process.cpuUsage();
});
const seconds = await new Promise((resolve, reject) => {
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  void consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: 64,
    eachBatch: async ({ batch, resolveOffset }) => {
      records += batch.messages.length;
      // Watermarks have an empty value.
      for (const { value } of batch.messages) if (value?.length) messages++;
      resolveOffset(batch.lastOffset());
      pending.set(batch.partition, String(Number(batch.lastOffset()) + 1));
      committing ??= commitAll().finally(() => (committing = undefined));
      if (messages >= count) resolve((performance.now() - began) / 1000);
    },
  });
});
const { user, system } = process.cpuUsage(cpuBegan);
await committing;
await consumer.disconnect();
answer({ seconds, cpuSeconds: (user + system) / 1e6, messages, records });
