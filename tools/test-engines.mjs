/**
 * `npm run test:engines`: starts a Kafka and a MongoDB-protocol server of its own, runs the suites that need them, and stops them in
 * every case. Arguments go to Jest.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled, requireNode } from './install.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const SUITES_MINUTES_MAX = 30;
const say = (line) => console.error(line);
let stopped = false;
let onOrderToStop = () => say('Stopping as soon as the engines have started …');
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stopped = true;
    onOrderToStop(signal);
  });
}

/** Without Java, Maven or Go nothing can be shown here: an error in CI, a loud remark elsewhere. */
function endWithout(missing) {
  const heading = 'THE ENGINE SUITES DID NOT RUN. They need real servers, and this machine lacks:';
  const bar = '='.repeat(heading.length);
  say([bar, heading, ...missing.map((line) => `  ${line}`), bar].join('\n'));
  process.exit(process.env.CI === 'true' ? 1 : 0);
}

/** Runs Jest to its end, which a deadline or an order to stop may bring about. Answers its exit code. */
async function runJest(environment) {
  if (stopped) return 1;
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const args = [jest, '--config', join(root, 'jest.engines.config.cjs'), ...process.argv.slice(2)];
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } });
  const deadline = setTimeout(() => {
    say(`The suites did not end within ${SUITES_MINUTES_MAX} minutes.`);
    child.kill('SIGKILL');
  }, SUITES_MINUTES_MAX * 60_000);
  onOrderToStop = (signal) => child.kill(signal);
  const [code] = await once(child, 'close');
  clearTimeout(deadline);
  return code ?? 1;
}

requireNode();
ensureInstalled('full');
const { build } = await import('./build.mjs');
build();
const { missingForEngines, installEngines, startEngines, stopEngines } = await import('../infra/engines/engines.mjs');
const missing = missingForEngines();
if (missing.length > 0) endWithout(missing);

const directory = mkdtempSync(join(tmpdir(), 'regulars-engines-'));
let code = 1;
try {
  const { kafkaClassPath, ferretdbProgram } = await installEngines(say);
  const started = await startEngines({ directory, say });
  const settings = Object.assign({}, ...started.map((engine) => engine.settings));
  code = await runJest({
    REGULARS_TEST_KAFKA_BROKERS: settings.REGULARS_KAFKA_BROKERS,
    REGULARS_TEST_MONGODB_URL: settings.REGULARS_MONGODB_URL,
    REGULARS_TEST_KAFKA_CLASSPATH: kafkaClassPath,
    REGULARS_TEST_FERRETDB: ferretdbProgram,
  });
} catch (error) {
  say(error.message);
} finally {
  await stopEngines({ directory, say });
}
if (code === 0) rmSync(directory, { recursive: true, force: true });
else say(`Logs and data of the engines are kept in ${directory}.`);
process.exit(code);
