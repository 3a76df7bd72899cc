import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { runSide } from '../harness/child.mjs';
import { callJson, waitFor } from '../harness/client.mjs';
import { clusterSettings, startService } from '../harness/cluster.mjs';
import { withEngines } from '../harness/engines.mjs';
import { alternate, median, mustEqual, progress } from '../harness/measure.mjs';

const MESSAGES = 250_000;
const PARTITIONS = 6;
const TAKE_IN_SECONDS = 600;
const LOOK_EVERY_MS = 100;

export const title = 'events/s from Kafka into the ledgers of one and of two instances of loyalty-tier';
export const grows = false;

/** What the instances own now, and how many records of it they have taken in. */
async function standing(instances) {
  const all = await Promise.all(instances.map((instance) => callJson(instance, '/v1/status').catch(() => undefined)));
  const owned = all.map((status) => status?.instance?.partitions ?? []);
  const partitions = owned.flat();
  const taken = partitions.reduce((sum, { position }) => sum + (position === null ? 0 : Number(position.slice(0, 16)) + 1), 0);
  return { everyoneOwns: owned.every(({ length }) => length > 0), partitions, taken, at: performance.now() };
}

/** Instances that begin with nothing, until they have all of the log, and answer together what the embedded ledger answers. */
async function takeIn(number, { folder, settings, token, logPosition, expected }) {
  const began = performance.now();
  const starting = Array.from({ length: number }, (_, index) => startService('loyalty-tier', { folder: `${folder}-${index}`, settings }));
  const instances = (await Promise.all(starting)).map((service) => ({ ...service, token }));
  try {
    const sharedOut = ({ everyoneOwns, partitions }) => everyoneOwns && partitions.length === PARTITIONS;
    const first = await waitFor(() => standing(instances), sharedOut, TAKE_IN_SECONDS, LOOK_EVERY_MS);
    const whole = ({ partitions }) => partitions.length === PARTITIONS && partitions.every((one) => one.logPosition === logPosition);
    const last = await waitFor(() => standing(instances), whole, TAKE_IN_SECONDS, LOOK_EVERY_MS);
    const { digest, rows, customers, position } = await callJson(instances[0], '/v1/digest');
    mustEqual('ledgers', { digest, rows, customers, position }, { ...expected, position: logPosition });
    const seconds = (last.at - first.at) / 1000;
    const peak = Math.max(...instances.map(({ residentBytes }) => residentBytes()));
    return { perSecond: (last.taken - first.taken) / seconds, wholeSeconds: (last.at - began) / 1000, residentBytes: peak };
  } finally {
    await Promise.all(instances.map((instance) => instance.stop()));
  }
}

/** Ratio: two instances over one. Timed from the moment every instance owns partitions until all of the log is in the ledgers. */
export function run({ scale, runs, folder }) {
  return withEngines(folder, ['kafka', 'ferretdb'], async ({ REGULARS_KAFKA_BROKERS: kafka, REGULARS_MONGODB_URL: mongodb }) => {
    const mark = `b${randomBytes(4).toString('hex')}`;
    const count = Math.round(MESSAGES * scale);
    const token = { id: 'bench', secret: randomBytes(32).toString('base64url') };
    progress(`scale: filling ${PARTITIONS} partitions with ${count} purchases`);
    const { logPosition, expected } = await runSide('produce-purchases', {
      brokers: [kafka],
      topicSuffix: `.${mark}`,
      partitions: PARTITIONS,
      count,
      directory: join(folder, 'expected'),
      token,
    });
    const settings = clusterSettings({ folder, mark, partitions: PARTITIONS, kafka, mongodb });
    let trial = 0;
    const side = (number) => () => {
      const own = join(folder, `trial-${++trial}`);
      return takeIn(number, { folder: own, settings, token: `rgl_${token.id}_${token.secret}`, logPosition, expected });
    };
    const results = await alternate(runs, { one: side(1), two: side(2) });
    const middle = (name, of) => median(results[name].map((result) => result[of]));
    const [one, two] = [middle('one', 'perSecond'), middle('two', 'perSecond')];
    return {
      ours: two,
      peer: one,
      unit: 'events/s',
      ratio: two / one,
      goal: 'none: brokers and instances share the cores of this machine',
      events: count,
      partitions: PARTITIONS,
      wholeSeconds: { one: middle('one', 'wholeSeconds'), two: middle('two', 'wholeSeconds') },
    };
  });
}
