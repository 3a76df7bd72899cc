import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { runSide } from '../harness/child.mjs';
import { withEngines } from '../harness/engines.mjs';
import { alternate, mebibytes, median, mustEqual, progress } from '../harness/measure.mjs';

const MESSAGES = 250_000;
const PARTITIONS = 6;
const TOPIC = 'purchase.events.v1';

export const title = 'purchases from Kafka into ledgers, messages/s';
export const grows = true;

/** Ratio: messages a second into the ledgers, flush included, over those that kafkajs hands to an empty handler. */
export function run({ scale, runs, folder }) {
  return withEngines(folder, ['kafka'], async ({ REGULARS_KAFKA_BROKERS: kafka }) => {
    const topicSuffix = `.b${randomBytes(4).toString('hex')}`;
    const [brokers, count] = [[kafka], Math.round(MESSAGES * scale)];
    progress(`B10: filling ${PARTITIONS} partitions with ${count} purchases`);
    const filled = await runSide('produce-purchases', {
      brokers,
      topicSuffix,
      partitions: PARTITIONS,
      count,
      directory: join(folder, 'expected'),
      token: { id: 'bench', secret: 'bench' },
    });
    let group = 0;
    const { logPosition, expected } = filled;
    const results = await alternate(runs, {
      ours: () => {
        const own = { group: `ours-${++group}`, directory: join(folder, `ledgers-${group}`) };
        return runSide('ours-kafka-ledgers', { brokers, topicSuffix, count, logPosition, partitionCount: PARTITIONS, ...own });
      },
      empty: () => runSide('peer-kafka-empty', { brokers, topic: TOPIC + topicSuffix, group: `peer-${++group}`, count }),
    });
    for (const { messages } of [...results.ours, ...results.empty]) mustEqual('messages', messages, count);
    for (const { content, parked } of results.ours) mustEqual('ledgers', { ...content, parked }, { ...expected, parked: 0 });

    const rate = (name) => count / median(results[name].map(({ seconds }) => seconds));
    const memory = (name) => mebibytes(Math.max(...results[name].map(({ peakMemoryBytes }) => peakMemoryBytes)));
    const cpu = (name) => (1e6 * median(results[name].map(({ cpuSeconds }) => cpuSeconds))) / count;
    const [ours, peer] = [rate('ours'), rate('empty')];
    return {
      ours,
      peer,
      unit: 'messages/s',
      ratio: ours / peer,
      goal: '>= 0.7',
      messages: count,
      partitions: PARTITIONS,
      dataBytesEach: filled.dataBytesEach,
      microsecondsEach: { ours: 1e6 / ours, peer: 1e6 / peer },
      cpuMicrosecondsEach: { ours: cpu('ours'), peer: cpu('empty') },
      flushSeconds: median(results.ours.map(({ flushSeconds }) => flushSeconds)),
      peakMemoryMiB: { ours: memory('ours'), peer: memory('empty') },
    };
  });
}
