/** Starts everything, keeps it running, and stops it in order. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startEngines, stopEngines } from '../../infra/engines/engines.mjs';
import { EngineFailure } from '../../infra/engines/failure.mjs';
import { removeClusterFile, stopLeftovers, writeClusterFile } from './cluster-file.mjs';
import { membersOf, missingServices } from './members.mjs';
import { makeTopics } from './make-topics.mjs';
import { untilReady } from './ready.mjs';
import { SupervisedProcess } from './supervised-process.mjs';
import { watchEngines } from './watch-engines.mjs';

/** The engines to start here: those whose address the environment does not give. */
const enginesNeeded = () => [
  ...(process.env.REGULARS_KAFKA_BROKERS ? [] : ['kafka']),
  ...(process.env.REGULARS_MONGODB_URL ? [] : ['ferretdb']),
];

/**
 * Runs a cluster until the signal is aborted: `counts` instances of each service, `eventStoreUrl` or the log embedded in the one purchase
 * process. `ready` is told the processes and the file of the administrator's token once all are ready. Throws EngineFailure, everything stopped again, where it cannot start.
 */
export async function runCluster({ directory, counts, partitions, eventStoreUrl, say, ready, signal }) {
  const missing = missingServices();
  if (missing.length > 0)
    throw new EngineFailure(`This checkout has no program for ${missing.join(' and ')} yet (services/*/src/main.ts).`);
  mkdirSync(directory, { recursive: true });
  const engineDirectory = join(directory, 'engines');
  const only = enginesNeeded();
  const startedAt = new Date().toISOString();
  const processes = [];
  let stopWatching = async () => {};
  try {
    await stopLeftovers(directory, say);
    const engines = only.length > 0 ? await startEngines({ directory: engineDirectory, only, say }) : [];
    const servers = Object.assign({}, ...engines.map(({ settings }) => settings));
    if (eventStoreUrl) servers.REGULARS_EVENT_STORE_URL = eventStoreUrl;
    if (signal.aborted) return;
    if (only.length > 0) stopWatching = watchEngines(engineDirectory, only, say);
    const brokers = servers.REGULARS_KAFKA_BROKERS ?? process.env.REGULARS_KAFKA_BROKERS;
    servers.REGULARS_KAFKA_TOPICS_FILE = await makeTopics({ directory, brokers, partitions, say });
    const members = await membersOf(directory, counts, servers);
    const tokenFile = join(members.find(({ service }) => service === 'purchase').folder, 'admin.token');
    const changed = () => writeClusterFile(directory, processes, tokenFile, startedAt);
    for (const member of members) processes.push(new SupervisedProcess(member, say, changed));
    for (const process of processes) process.start();
    await Promise.all(processes.map((process) => untilReady(process, say, signal)));
    if (signal.aborted) return;
    ready({ processes, tokenFile });
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  } finally {
    await stopWatching();
    // Readers first, then who writes, then what they write to.
    for (const service of ['loyalty-tier', 'purchase']) {
      await Promise.all(processes.filter(({ member }) => member.service === service).map((process) => process.stop()));
    }
    removeClusterFile(directory);
    if (only.length > 0) await stopEngines({ directory: engineDirectory, only, say });
  }
}
