/** `npm run cluster`: the services as separate processes on real engines, on this machine. */
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled, requireNode } from './install.mjs';
import { EngineFailure } from '../infra/engines/failure.mjs';
import { underLock } from '../infra/engines/lock.mjs';

const INSTANCES_MAX = 32;
const HELP = `Regulars as separate processes on a real Kafka and a MongoDB-protocol server, on this machine.

  npm run cluster [-- OPTIONS]

  --data DIR          data, logs and engines (default: data/cluster)
  --loyalty-tier N    instances of loyalty-tier (default: 2)
  --purchase N        instances of purchase (default: 1); more than one need EVENTSTORE_URL
  --partitions N      partitions of the purchase topics when they are made (default: as infra/kafka/topics.yaml says)
  --help              this text

Environment:
  EVENTSTORE_URL          EventStoreDB for the events, esdb://…; without it one purchase process keeps them in its data directory
  REGULARS_KAFKA_BROKERS  a Kafka to use instead of starting one; likewise REGULARS_MONGODB_URL
  REGULARS_…              other settings, for every service

Ctrl-C stops everything in order. Data stay for the next start.
`;

const say = (line) => console.error(line);
const count = (value, name) => {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= INSTANCES_MAX) return number;
  throw new EngineFailure(`--${name} is a number from 1 to ${INSTANCES_MAX}, not ${value}.`);
};

function optionsGiven() {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: join('data', 'cluster') },
      'loyalty-tier': { type: 'string', default: '2' },
      purchase: { type: 'string', default: '1' },
      partitions: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const counts = { purchase: count(values.purchase, 'purchase'), 'loyalty-tier': count(values['loyalty-tier'], 'loyalty-tier') };
  const eventStoreUrl = process.env.EVENTSTORE_URL || process.env.REGULARS_EVENT_STORE_URL || undefined;
  if (counts.purchase > 1 && !eventStoreUrl) {
    throw new EngineFailure('More than one purchase process need EVENTSTORE_URL: without it the events lie in the one that has the log.');
  }
  const partitions = values.partitions === undefined ? undefined : count(values.partitions, 'partitions');
  return { help: values.help, directory: resolve(values.data), counts, partitions, eventStoreUrl };
}

function show({ processes, tokenFile }, directory, eventStoreUrl) {
  const here = (path) => (relative('', path).startsWith('..') ? path : relative('', path));
  const lines = ['', 'Regulars runs as separate services.'];
  for (const { member, logFile } of processes) lines.push(`  ${member.name.padEnd(15)} ${member.url}   log ${here(logFile)}`);
  lines.push(`  ${'token'.padEnd(15)} ${here(tokenFile)}   (administrator; keep it to yourself)`);
  lines.push(
    eventStoreUrl
      ? 'Events are in EventStoreDB; every purchase process writes them, and one at a time passes them on to Kafka.'
      : 'Events are in the log that purchase-1 keeps, which passes them on to Kafka; the other services scale out all the same.',
  );
  lines.push('', 'Try in another terminal:', `  npx regulars --data ${here(directory)} status`, 'Ctrl-C stops everything in order.');
  console.log(lines.join('\n'));
}

async function main() {
  const { help, directory, ...options } = optionsGiven();
  if (help) return void console.log(HELP);
  requireNode();
  ensureInstalled('full');
  // The compiler and what it compiles may only just have been installed.
  const { build } = await import('./build.mjs');
  build();
  const { runCluster } = await import('./cluster/run-cluster.mjs');
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (!stop.signal.aborted) say('\nStopping …');
      stop.abort();
    });
  }
  const ready = (started) => show(started, directory, options.eventStoreUrl);
  const run = () => runCluster({ ...options, directory, say, ready, signal: stop.signal });
  await underLock(join(directory, 'cluster.lock'), 0, say, run);
  say('Stopped.');
}

main().catch((error) => {
  const badOption = error.code?.startsWith?.('ERR_PARSE_ARGS');
  const known = error instanceof EngineFailure || badOption || /^(KafkaUnavailable|StoreUnavailable)$/.test(error.name);
  console.error(known ? error.message : error);
  process.exitCode = badOption ? 2 : 1;
});
