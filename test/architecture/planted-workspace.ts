import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const PLANTED = join(__dirname, 'planted');
const CONFIGURATION = [
  '.dependency-cruiser.cjs',
  'eslint.config.mjs',
  'nx.json',
  'package-lock.json',
  'tsconfig.base.json',
  'tsconfig.json',
  'tools/lint.mjs',
  'tools/nx-targets.cjs',
];
const LONG_FILE_LINES = 251;

interface Manifest {
  name: string;
  dependencies: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** The files below a folder, relative to it, with forward slashes. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

/** The workspace folders of this repository: libs/kernel, libs/adapters/embedded, services/purchase … */
function packageFolders(): string[] {
  return ['libs', 'libs/adapters', 'services'].flatMap((parent) =>
    readdirSync(join(ROOT, parent))
      .filter((name) => readdirSync(join(ROOT, parent, name)).includes('package.json'))
      .map((name) => `${parent}/${name}`),
  );
}

/** Links every installed package; the workspaces' own names are linked to the temporary packages instead. */
function linkModules(workspace: string, packages: ReadonlyMap<string, string>): void {
  const modules = join(workspace, 'node_modules');
  mkdirSync(join(modules, '@regulars'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name === '@regulars' || name.startsWith('.')) continue;
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'junction');
  }
  for (const [name, folder] of packages) symlinkSync(join(workspace, folder), join(modules, name), 'junction');
}

/** What a planted file says will be found in it: its `// caught by:` lines (tool, rule, start of the message), without those that say `nothing`. */
export function expectations(file: string): string[] {
  const lines = readFileSync(join(PLANTED, file), 'utf8').matchAll(/^\/\/ caught by: (.*)$/gm);
  return [...lines].map((line) => (line[1] ?? '').replace(/"$/, '')).filter((expected) => expected !== 'nothing');
}

/**
 * A copy of this workspace's packages and rules in a temporary folder, with nothing in the packages but the planted files
 * and an empty door each. Dependencies among packages are left out of their package.json, so that only planted ones exist.
 */
export function plantedWorkspace(): { folder: string; planted: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'regulars-architecture-'));
  for (const file of CONFIGURATION) cpSync(join(ROOT, file), join(folder, file));
  const packages = new Map<string, string>();
  for (const path of packageFolders()) {
    const manifest = JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8')) as Manifest;
    const { dependencies, devDependencies: _specsOnly, ...facts } = manifest;
    const external = Object.fromEntries(Object.entries(dependencies).filter(([name]) => !name.startsWith('@regulars/')));
    packages.set(manifest.name, path);
    mkdirSync(join(folder, path, 'src'), { recursive: true });
    writeFileSync(join(folder, path, 'package.json'), JSON.stringify({ ...facts, dependencies: external }));
    writeFileSync(join(folder, path, 'src', 'index.ts'), 'export const door = 1;\n');
  }
  const root = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
  const dependencies = { ...root.dependencies, ...Object.fromEntries([...packages.keys()].map((name) => [name, '0.1.0'])) };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...root, dependencies }));
  linkModules(folder, packages);
  const planted = filesBelow(PLANTED);
  for (const file of planted) {
    const text = readFileSync(join(PLANTED, file), 'utf8');
    const padding = file.endsWith('/long-file.ts') ? '//\n'.repeat(LONG_FILE_LINES - text.split('\n').length + 1) : '';
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), padding + text);
  }
  return { folder, planted };
}
