/**
 * `npm run lint`: ESLint over everything, or over the paths given. The rule for boundaries between projects reads Nx's cached
 * project graph and passes silently where there is none, so the graph is built, and looked at, first.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.env.NX_DAEMON = 'false';
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
const bin = (...path) => join(root, 'node_modules', ...path);
const run = (script, args, stdio) => spawnSync(process.execPath, [script, ...args], { stdio, encoding: 'utf8' });

const graphFile = join('.nx', 'graph.json');
const built = run(bin('nx', 'dist', 'bin', 'nx.js'), ['graph', `--file=${graphFile}`], 'pipe');
if (built.status !== 0) {
  console.error(built.stdout + built.stderr);
  process.exit(1);
}
const projects = Object.values(JSON.parse(readFileSync(graphFile, 'utf8')).graph.nodes).map((node) => node.data);
const untagged = projects.filter(({ tags = [] }) => !tags.some((tag) => tag.startsWith('type:')));
if (projects.length === 0 || untagged.length > 0) {
  console.error(`Give every package a "type:" tag under nx.tags in its package.json: ${untagged.map(({ root }) => root).join(', ')}`);
  process.exit(1);
}

const args = process.argv.slice(2);
const paths = args.some((arg) => !arg.startsWith('-')) ? args : ['.', ...args];
const { status } = run(bin('eslint', 'bin', 'eslint.js'), paths, 'inherit');
process.exit(status ?? 1);
