import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs the engine suites on a machine that has nothing installed and nothing in its cache. */
function withoutTools(environment: Readonly<Record<string, string>>) {
  const empty = mkdtempSync(join(tmpdir(), 'regulars-no-tools-'));
  const env = { PATH: empty, HOME: empty, XDG_CACHE_HOME: empty, ...environment };
  const ran = spawnSync(process.execPath, [join(__dirname, '..', '..', 'tools', 'test-engines.mjs')], { env, encoding: 'utf8' });
  rmSync(empty, { recursive: true });
  return ran;
}

test('without Java, Maven and Go it says loudly that the suites did not run, and what to install', () => {
  const { status, stderr } = withoutTools({});
  expect(status).toBe(0);
  expect(stderr).toContain('THE ENGINE SUITES DID NOT RUN');
  for (const tool of ['Java 17', 'Maven 3.6', 'Go 1.22']) expect(stderr).toContain(`${tool} or newer is missing`);
});

test('in CI that is a failure', () => {
  const { status, stderr } = withoutTools({ CI: 'true' });
  expect(status).toBe(1);
  expect(stderr).toContain('THE ENGINE SUITES DID NOT RUN');
});
