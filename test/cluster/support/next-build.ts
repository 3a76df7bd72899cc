import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { WORKSPACE } from './service-process';

/** The version the other build says it is. */
export const NEXT_VERSION = '99.0.0';

/** What the next version says more than this one: one field in every message on the rankings topic, one in every purchase event. */
const CHANGES = [
  { file: 'services/loyalty-tier/dist/ranking/question-board.js', from: 'data: one', to: "data: { ...one, addedInNext: 'ranking' }" },
  {
    file: 'services/purchase/dist/publishes.js',
    from: 'customer: customer ?? null,',
    to: "customer: customer ?? null, addedInNext: 'purchase',",
  },
];

/**
 * A build of the next version, beside that of the workspace: a copy of what was compiled, with another version and messages that say
 * one thing more, as a release does that adds an optional field. To it, the workspace's build is the version before.
 */
export function nextBuild(): { readonly path: string; remove(): void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'regulars-next-')));
  const modules = join(WORKSPACE, 'node_modules');
  mkdirSync(join(path, 'node_modules', '@regulars'), { recursive: true });
  for (const name of readdirSync(modules)) {
    if (name !== '@regulars' && !name.startsWith('.')) symlinkSync(join(modules, name), join(path, 'node_modules', name));
  }
  for (const name of readdirSync(join(modules, '@regulars'))) copyPackage(realpathSync(join(modules, '@regulars', name)), name, path);
  for (const { file, from, to } of CHANGES) replaceIn(join(path, file), from, to);
  replaceIn(join(path, 'libs/hosting/package.json'), /"version": "[^"]+"/, `"version": "${NEXT_VERSION}"`);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function copyPackage(from: string, name: string, path: string): void {
  const to = join(path, relative(WORKSPACE, from));
  for (const part of ['package.json', 'dist']) {
    if (existsSync(join(from, part))) cpSync(join(from, part), join(to, part), { recursive: true });
  }
  if (existsSync(join(from, 'node_modules'))) symlinkSync(join(from, 'node_modules'), join(to, 'node_modules'));
  symlinkSync(to, join(path, 'node_modules', '@regulars', name));
}

function replaceIn(file: string, from: string | RegExp, to: string): void {
  const text = readFileSync(file, 'utf8');
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`${file} has no ${String(from)} to change`);
  writeFileSync(file, changed);
}
