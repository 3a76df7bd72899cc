/**
 * Hosts a platform for the fault suites: `node platform-host.cjs DIR [CONFIGURATION]`. Its parent arms failpoints by message, so that a process can
 * first be looked at and then be killed at a moment of its work: `{kill: name, passing: n}` ends it, as by SIGKILL, at the n-th passing;
 * `{fail: name}` lets each passing throw, as a full disk would, until `{fail: null}`. REGULARS_FAILPOINT works as for the real one.
 */
const { startPlatform } = require('@regulars/platform');

const [dataDir, configuration = '{}'] = process.argv.slice(2);
const [first = '', passing = '1'] = (process.env.REGULARS_FAILPOINT ?? '').split(':');
let kill = { name: first, left: Number(passing) };
let fail;

process.on('message', (order) => {
  if ('kill' in order) kill = { name: order.kill, left: order.passing };
  if ('fail' in order) fail = order.fail;
  process.send('done');
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

function failpoint(name) {
  if (name === fail) throw new Error(`made to fail at ${name}`);
  if (name === kill.name && --kill.left === 0) process.kill(process.pid, 'SIGKILL');
}

startPlatform({ dataDir, port: 0, configuration: JSON.parse(configuration), failpoint }).then(
  (platform) => {
    process.on('SIGTERM', () => void platform.close().then(() => process.exit(0)));
    process.send({ url: platform.url, token: platform.adminToken });
  },
  (error) => {
    process.stderr.write(`${error.name}: ${error.message}\n`);
    process.exit(1);
  },
);
