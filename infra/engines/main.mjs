/** `npm run engines:start|stop|status`: a real Kafka and a MongoDB-protocol server without Docker. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled, requireNode } from '../../tools/install.mjs';
import { EngineFailure } from './failure.mjs';

const HELP = `Servers for development and tests, without Docker: Kafka, and FerretDB for the MongoDB protocol.

  npm run engines:start  [-- OPTIONS]   starts what does not run yet and waits until it answers
  npm run engines:stop   [-- OPTIONS]   stops them in order; data and logs stay
  npm run engines:status [-- OPTIONS]   what runs and where; exit code 1 where something does not

  --data DIR     data, logs and state (default: data/engines)
  --only NAME    kafka or ferretdb; may be repeated
  --json         the outcome as JSON on standard output
  --help         this text

Needs Java 17; Maven and Go the first time, to fetch and build them into the cache
($XDG_CACHE_HOME/regulars/engines, or ~/.cache/regulars/engines).
`;

function show(statuses) {
  for (const { name, state, version, pid, address, uptimeSeconds, logFile } of statuses) {
    const where = state === 'running' ? `pid ${pid}, ${address}, up ${uptimeSeconds} s` : '';
    console.log([name.padEnd(9), version.padEnd(7), state.padEnd(8), where, logFile ? `log ${logFile}` : ''].filter(Boolean).join('  '));
  }
  const settings = Object.assign({}, ...statuses.map((status) => status.settings));
  if (Object.keys(settings).length > 0) console.log('');
  for (const [name, value] of Object.entries(settings)) console.log(`export ${name}='${value}'`);
}

async function main() {
  const options = { data: { type: 'string', default: join('data', 'engines') }, only: { type: 'string', multiple: true } };
  const flags = { json: { type: 'boolean' }, help: { type: 'boolean' } };
  const { values, positionals } = parseArgs({ options: { ...options, ...flags }, allowPositionals: true });
  const [command] = positionals;
  if (values.help || command === undefined) return void console.log(HELP);
  requireNode();
  if (command === 'start') ensureInstalled('full');
  // What they import may only just have been installed.
  const { startEngines, stopEngines, engineStatus, engineNames } = await import('./engines.mjs');
  const unknown = values.only?.find((name) => !engineNames.includes(name));
  if (unknown) throw new EngineFailure(`There is no engine ${unknown}; there are ${engineNames.join(' and ')}.`);
  const what = { directory: values.data, only: values.only, say: (line) => console.error(line) };
  if (command === 'start') await startEngines(what);
  else if (command === 'stop') await stopEngines(what);
  else if (command !== 'status') throw new EngineFailure(`There is no command ${command}; there are start, stop and status.`);
  const statuses = engineStatus(what);
  if (values.json) console.log(JSON.stringify(statuses, undefined, 2));
  else if (command !== 'stop') show(statuses);
  if (command === 'status' && statuses.some(({ state }) => state !== 'running')) process.exitCode = 1;
}

main().catch((error) => {
  const badOption = error.code?.startsWith?.('ERR_PARSE_ARGS');
  console.error(error instanceof EngineFailure || badOption ? error.message : error);
  process.exit(badOption ? 2 : 1);
});
