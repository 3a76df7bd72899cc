/** Compiles every workspace's src to dist with swc; only files that changed. Specs are left to Jest. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync } from '@swc/core';
import options from './swc-options.cjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The folders of all workspaces, from the globs in package.json. */
export function workspaces() {
  const { workspaces: globs } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return globs
    .map((glob) => join(root, glob.replace(/\/\*$/, '')))
    .flatMap((parent) => (existsSync(parent) ? readdirSync(parent).map((name) => join(parent, name)) : []))
    .filter((folder) => existsSync(join(folder, 'package.json')));
}

function files(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Compiles what is out of date and removes what has no source any more; returns how many files were compiled. */
export function build() {
  let compiled = 0;
  for (const folder of workspaces()) {
    const src = join(folder, 'src');
    const dist = join(folder, 'dist');
    const wanted = new Set();
    for (const file of files(src)) {
      if (/\.spec(-support)?\.ts$/.test(file)) continue;
      const isCode = file.endsWith('.ts');
      const target = join(dist, relative(src, file).replace(/\.ts$/, '.js'));
      wanted.add(target);
      if (existsSync(target) && statSync(target).mtimeMs >= statSync(file).mtimeMs) continue;
      mkdirSync(dirname(target), { recursive: true });
      const source = readFileSync(file);
      writeFileSync(target, isCode ? transformSync(source.toString('utf8'), { ...options, filename: file }).code : source);
      compiled++;
    }
    for (const old of files(dist)) if (!wanted.has(old)) rmSync(old);
  }
  return compiled;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(`${build()} files compiled`);
}
