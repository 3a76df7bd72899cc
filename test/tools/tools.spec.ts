import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const ROOT = join(__dirname, '..', '..');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'regulars-tools-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(script: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'tools', script), ...args], { encoding: 'utf8' });
  return { status, stdout: stdout.trim(), stderr: stderr.trim() };
}

function json(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
}

describe('the lockfile check', () => {
  const lockfile = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Record<string, { version: string }> };
  const binary = 'node_modules/@swc/core-darwin-arm64';

  test('finds every platform of this lockfile', () => {
    expect(run('check-lockfile.mjs')).toMatchObject({ status: 0, stderr: '' });
  });

  test('names an optional package that is missing', () => {
    const { [binary]: _missing, ...packages } = lockfile.packages;
    const checked = run('check-lockfile.mjs', json('package-lock.json', { ...lockfile, packages }));
    expect(checked.status).toBe(1);
    expect(checked.stderr).toContain('node_modules/@swc/core wants @swc/core-darwin-arm64@');
  });

  test('names an optional package of another version', () => {
    const packages = { ...lockfile.packages, [binary]: { ...lockfile.packages[binary], version: '0.0.1' } };
    expect(run('check-lockfile.mjs', json('package-lock.json', { ...lockfile, packages })).status).toBe(1);
  });
});

describe('counting tests', () => {
  test('a suite that could not run counts as a failed test', () => {
    const report = json('report.json', { numPassedTests: 7, numFailedTests: 2, numRuntimeErrorTestSuites: 1 });
    expect(run('count-tests.mjs', report).stdout).toBe('7 3');
  });

  test('no report, or one without any test, counts as one failed test', () => {
    expect(run('count-tests.mjs', join(folder, 'missing.json')).stdout).toBe('0 1');
    expect(run('count-tests.mjs', json('report.json', { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 0 })).stdout).toBe(
      '0 1',
    );
  });
});

describe('the installation', () => {
  const ensure = (kind: string) => {
    const script = `import { ensureInstalled } from ${JSON.stringify(join(ROOT, 'tools', 'install.mjs'))}; ensureInstalled('${kind}', ${JSON.stringify(folder)});`;
    const npmCli = join(folder, 'npm-cli.js');
    writeFileSync(npmCli, `require('node:fs').appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');`);
    return spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { ...process.env, npm_execpath: npmCli },
    });
  };
  const calls = () => {
    try {
      return readFileSync(join(folder, 'npm-calls'), 'utf8').trim().split('\n');
    } catch {
      return [];
    }
  };

  beforeEach(() => {
    const packages = { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.0.0', dev: true } };
    json('package-lock.json', { packages });
    mkdirSync(join(folder, 'node_modules'));
  });

  test('happens once, and a full one serves the platform as well', () => {
    expect(ensure('full').status).toBe(0);
    ensure('full');
    ensure('prod');
    expect(calls()).toEqual([expect.stringMatching(/^ci --include=dev --ignore-scripts/)]);
  });

  test('leaves out what only tests need, and adds it when tests run', () => {
    ensure('prod');
    ensure('prod');
    ensure('full');
    expect(calls()).toEqual([expect.stringMatching(/^ci --omit=dev/), expect.stringMatching(/^ci --include=dev/)]);
  });

  test('happens again when the lockfile changed', () => {
    ensure('prod');
    json('package-lock.json', { packages: { 'node_modules/a': { version: '2.0.0' } } });
    ensure('prod');
    expect(calls()).toHaveLength(2);
  });

  test('is not repeated after one by hand', () => {
    json('node_modules/.package-lock.json', { packages: { 'node_modules/a': { version: '1.0.0' } } });
    ensure('prod');
    expect(calls()).toEqual([]);
    ensure('full');
    expect(calls()).toHaveLength(1);
  });
});

describe('published schemas', () => {
  const published = (name: string, change: (schema: { properties: object; required: string[] }) => void) => {
    cpSync(join(ROOT, 'libs', 'contracts', 'generated'), folder, { recursive: true });
    const file = join(folder, 'events', name);
    const schema = JSON.parse(readFileSync(file, 'utf8')) as { properties: Record<string, object>; required: string[] };
    change(schema);
    writeFileSync(file, JSON.stringify(schema));
    return run('generate.mjs', '--check', '--published', relative(ROOT, folder));
  };

  test('a field that was published and is gone fails the check, with the event and the field named', () => {
    const checked = published('store.changed.v1.json', (schema) => Object.assign(schema.properties, { manager: { type: 'string' } }));
    expect(checked.status).toBe(1);
    expect(checked.stderr).toMatch(/breaks what was published: .*store\.changed\.v1\.json \$\.manager: field removed/);
  });

  test('a required field that was added since fails the check', () => {
    const checked = published('store.changed.v1.json', (schema) => {
      Reflect.deleteProperty(schema.properties, 'name');
      schema.required = schema.required.filter((field) => field !== 'name');
    });
    expect(checked.stderr).toContain('$.name: field became required');
  });

  test('an event that is gone fails the check', () => {
    cpSync(join(ROOT, 'libs', 'contracts', 'generated', 'events', 'store.changed.v1.json'), join(folder, 'events', 'store.moved.v1.json'));
    const checked = run('generate.mjs', '--check', '--published', relative(ROOT, folder));
    expect(checked.stderr).toMatch(/store\.moved\.v1\.json \$: the schema was removed/);
  });
});
