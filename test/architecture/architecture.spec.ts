import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { expectations, plantedWorkspace } from './planted-workspace';

const ROOT = join(__dirname, '..', '..');

interface LintedFile {
  filePath: string;
  messages: { ruleId: string | null; message: string }[];
}

interface Configuration {
  rules: Record<string, [severity: number, ...options: unknown[]]>;
}

interface Cruise {
  summary: { violations: { from: string; rule: { name: string } }[] };
}

/** Runs a Node script in a folder and returns what it wrote to standard output. */
function output(folder: string, script: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')));
    child.on('error', reject);
    child.on('close', () => (text ? resolve(text) : reject(new Error(errors))));
  });
}

/** What each planted file was caught for, as `tool rule` or, for ESLint, `tool rule "message`. */
async function findings(folder: string): Promise<Map<string, string[]>> {
  const depcruise = join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  const [linted, cruised] = await Promise.all([
    output(folder, join(folder, 'tools', 'lint.mjs'), ['--format', 'json']),
    output(folder, depcruise, ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'libs', 'services']),
  ]);
  const found = new Map<string, string[]>();
  const add = (file: string, finding: string) => found.set(file, [...(found.get(file) ?? []), finding]);
  for (const { filePath, messages } of JSON.parse(linted) as LintedFile[]) {
    const file = relative(folder, filePath).replaceAll('\\', '/');
    for (const { ruleId, message } of messages) add(file, `eslint ${ruleId} "${message}`);
  }
  for (const { from, rule } of (JSON.parse(cruised) as Cruise).summary.violations) add(from, `depcruise ${rule.name}`);
  return found;
}

describe('the rules of the architecture', () => {
  const { folder, planted } = plantedWorkspace();
  let found: Map<string, string[]>;

  beforeAll(async () => {
    found = await findings(folder);
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(planted)('%s is caught for what was planted, and for nothing else', (file) => {
    const expected = expectations(file);
    const actual = [...new Set(found.get(file) ?? [])];
    expect(actual.map((finding) => expected.find((start) => finding.startsWith(start)) ?? finding).sort()).toEqual([...expected].sort());
  });

  test('every rule of dependency-cruiser has a planted violation', () => {
    const { forbidden } = createRequire(__filename)(join(ROOT, '.dependency-cruiser.cjs')) as { forbidden: { name: string }[] };
    const caught = new Set([...found.values()].flat());
    expect(forbidden.map(({ name }) => name).filter((name) => !caught.has(`depcruise ${name}`))).toEqual([]);
  });

  test('every rule of ESLint, and every message of no-restricted-syntax, has a planted violation', async () => {
    const eslint = join(ROOT, 'node_modules', 'eslint', 'bin', 'eslint.js');
    const configurations = ['services/loyalty-tier/src/policy/any.ts', 'tools/unused-import.mjs'].map(
      async (file) => JSON.parse(await output(folder, eslint, ['--print-config', file])) as Configuration,
    );
    const caught = [...found.values()].flat();
    for (const { rules } of await Promise.all(configurations)) {
      const active = Object.entries(rules).filter(([, [severity]]) => severity !== 0);
      const restricted = (rules['no-restricted-syntax'] ?? []).slice(1) as { message: string }[];
      const wanted = [
        ...active.map(([rule]) => `eslint ${rule} `),
        ...restricted.map(({ message }) => `eslint no-restricted-syntax "${message}`),
      ];
      expect(wanted.length).toBeGreaterThan(3);
      expect(wanted.filter((start) => !caught.some((finding) => finding.startsWith(start)))).toEqual([]);
    }
  });
});
