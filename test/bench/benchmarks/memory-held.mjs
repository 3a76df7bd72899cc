import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import adapterKafka from '@regulars/adapter-kafka';
import testing from '@regulars/testing';
import { AS_OF, intakeItem, netOf, receipts, stores } from '../data/receipts.mjs';
import { digestOfRanking, PlainTiers } from '../data/tiers.mjs';
import { callJson, waitFor } from '../harness/client.mjs';
import { clusterSettings, startService } from '../harness/cluster.mjs';
import { withEngines } from '../harness/engines.mjs';
import { mebibytes, mustEqual, progress } from '../harness/measure.mjs';
import { topicSpecs } from '../harness/topics.mjs';

const PARTITIONS = 3;
const PER_SECOND = 100;
const BEFORE_SECONDS = 30;
const AWAY_SECONDS = 120;
const HEALED_SECONDS = 300;
/** Three young generations of 64 MiB, as the services are started, the newest 16 MiB of the log, and as much again for everything else. */
const BOUND_MIB = 256;

export const title = 'growth of resident memory while the document store is away, MiB';
export const grows = false;

/** Sends so many receipts a second and notes the memory of every process after each second. Throws where one is not accepted. */
async function steadily(seconds, { source, tiers, processes, client }) {
  const samples = [];
  for (let second = 0; second < seconds; second++) {
    const due = performance.now() + 1_000;
    let body = '';
    for (let i = 0; i < PER_SECOND; i++) {
      const receipt = source.next().value;
      tiers.add(receipt.customer, netOf(receipt));
      body += `${JSON.stringify(intakeItem(receipt))}\n`;
    }
    const headers = { authorization: `Bearer ${client.token}`, 'content-type': 'application/x-ndjson' };
    const text = await (await fetch(`${client.url}/v1/purchases:stream`, { method: 'POST', headers, body })).text();
    mustEqual('accepted of a second', text.split('"accepted"').length - 1, PER_SECOND);
    samples.push(processes.map(({ residentBytes }) => residentBytes()));
    await pause(Math.max(0, due - performance.now()));
  }
  return samples;
}

const most = (samples, index) => Math.max(...samples.map((sample) => sample[index]));

async function withCluster({ folder, kafka, mongodb }, use) {
  const mark = `b${randomBytes(4).toString('hex')}`;
  await adapterKafka.applyTopics({ brokers: [kafka], clientId: 'bench' }, topicSpecs(PARTITIONS), { topicSuffix: `.${mark}` });
  const settings = clusterSettings({ folder, mark, partitions: PARTITIONS, kafka, mongodb });
  const processes = [];
  try {
    for (const [index, service] of ['purchase', 'loyalty-tier', 'loyalty-tier'].entries()) {
      processes.push(await startService(service, { folder: join(folder, `process-${index}`), settings }));
    }
    await Promise.all(processes.map((service) => service.untilReady()));
    const token = readFileSync(join(folder, 'process-0', 'admin.token'), 'utf8').trim();
    return await use(processes, token);
  } finally {
    await Promise.all(processes.map((service) => service.stop()));
  }
}

/** Ratio: the greatest growth of any process over the bound. The store answers nobody for two minutes (times the scale). */
export function run({ scale, folder }) {
  return withEngines(folder, ['kafka', 'ferretdb'], async ({ REGULARS_KAFKA_BROKERS: kafka, REGULARS_MONGODB_URL }) => {
    const store = new URL(REGULARS_MONGODB_URL);
    const proxy = await testing.TcpProxy.start({ port: Number(store.port) });
    store.host = proxy.address;
    try {
      return await withCluster({ folder, kafka, mongodb: store.href }, async (processes, token) => {
        const [client, tierClient] = [processes[0], processes[1]].map(({ url }) => ({ url, token }));
        for (const one of stores) await callJson(client, '/v1/stores', one);
        const awaySeconds = Math.round(AWAY_SECONDS * scale);
        const count = PER_SECOND * (BEFORE_SECONDS + awaySeconds);
        const [source, tiers] = [receipts(count), new PlainTiers()];
        const feed = { source, tiers, processes, client };
        progress(`memory: ${BEFORE_SECONDS} s as usual, then ${awaySeconds} s without a document store, ${PER_SECOND} receipts a second`);
        const before = await steadily(BEFORE_SECONDS, feed);
        proxy.hold();
        const away = await steadily(awaySeconds, feed);
        proxy.pass();
        const expected = digestOfRanking(tiers.ranking(), AS_OF);
        const asked = async () => {
          const { customers, total, digest } = await callJson(tierClient, `/v1/pyramid?asOf=${AS_OF}&window=all`).catch(() => ({}));
          return { customers, total, digest };
        };
        const healing = performance.now();
        await waitFor(asked, ({ digest }) => digest === expected.digest, HEALED_SECONDS, 500);
        const healedSeconds = (performance.now() - healing) / 1000;
        const half = away.slice(Math.floor(away.length / 2));
        const growth = processes.map(({ name }, index) => ({
          name,
          before: mebibytes(most(before, index)),
          away: mebibytes(most(away, index)),
          growth: mebibytes(most(away, index) - most(before, index)),
          inSecondHalf: mebibytes(most(half, index) - most(away.slice(0, half.length), index)),
        }));
        const ours = Math.max(...growth.map((one) => one.growth));
        const rest = { receipts: count, awaySeconds, healedSeconds, processes: growth };
        return { ours, peer: BOUND_MIB, unit: 'MiB', ratio: ours / BOUND_MIB, goal: '<= 1', ...rest };
      });
    } finally {
      await proxy.close();
    }
  });
}
