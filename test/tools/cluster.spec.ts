import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

function cluster(...args: string[]) {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  return spawnSync(process.execPath, [join(ROOT, 'tools', 'cluster.mjs'), ...args], { env, encoding: 'utf8' });
}

test.each([
  [['--purchase', '2'], 1, 'More than one purchase process need EVENTSTORE_URL'],
  [['--loyalty-tier', '0'], 1, '--loyalty-tier is a number from 1 to 32, not 0'],
  [['--partitions', 'many'], 1, '--partitions is a number from 1 to 32, not many'],
  [['--fast'], 2, '--fast'],
])('a cluster with %j is refused in words, before anything starts', (args, status, words) => {
  const answer = cluster(...args);
  expect(answer.status).toBe(status);
  expect(answer.stderr).toContain(words);
});

test('the help names the options and the environment', () => {
  const { status, stdout } = cluster('--help');
  expect(status).toBe(0);
  for (const name of ['--loyalty-tier', '--purchase', '--partitions', 'EVENTSTORE_URL']) expect(stdout).toContain(name);
});
