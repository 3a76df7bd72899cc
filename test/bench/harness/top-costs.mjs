import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const OUTSIDE = new Set(['(idle)', '(program)', '(root)']);

/**
 * What took the time in each side's main thread and workers, as text: functions by the time spent in themselves, and the project's own by
 * the time until they returned. `folder` holds one folder of `.cpuprofile` files for each side.
 */
export function topCosts(folder, shown = 20) {
  return readdirSync(folder)
    .flatMap((side) => {
      const files = readdirSync(join(folder, side)).filter((name) => name.endsWith('.cpuprofile'));
      // CPU.<date>.<time>.<pid>.<thread>.<sequence>.cpuprofile
      const isMain = (name) => name.split('.')[4] === '0';
      return [
        ['main thread', files.filter(isMain)],
        ['workers', files.filter((name) => !isMain(name))],
      ].map(([threads, names]) =>
        summary(
          `${side}, ${threads}`,
          names.map((name) => join(folder, side, name)),
          shown,
        ),
      );
    })
    .join('\n\n');
}

function summary(title, files, shown) {
  const self = new Map();
  const whole = new Map();
  for (const file of files) addProfile(JSON.parse(readFileSync(file, 'utf8')), self, whole);
  const busy = [...self].reduce((sum, [where, us]) => sum + (OUTSIDE.has(where) ? 0 : us), 0);
  const table = (costs, of) =>
    [...costs]
      .filter(([where]) => of(where))
      .sort((a, b) => b[1] - a[1])
      .slice(0, shown)
      .map(([where, us]) => `${((100 * us) / busy).toFixed(1).padStart(6)} % ${(us / 1e6).toFixed(2).padStart(7)} s  ${where}`);
  const own = (where) => /\b(libs|services)\/.*\/dist\//.test(where);
  return [
    `${title}: busy ${(busy / 1e6).toFixed(2)} s`,
    ' in itself',
    ...table(self, (where) => !OUTSIDE.has(where)),
    ' until it returned',
    ...table(whole, own),
  ].join('\n');
}

/** Adds a profile's microseconds by function: in itself, and with what it called (once where it calls itself). */
function addProfile({ nodes, samples, timeDeltas }, self, whole) {
  const byId = new Map(nodes.map((node) => [node.id, { where: place(node.callFrame), children: node.children ?? [], us: 0 }]));
  samples.forEach((id, index) => (byId.get(id).us += timeDeltas[index]));
  const visit = (node, open) => {
    const { where, children } = node;
    const repeated = open.has(where);
    if (!repeated) open.add(where);
    let sum = node.us;
    for (const child of children) sum += visit(byId.get(child), open);
    if (!repeated) {
      open.delete(where);
      whole.set(where, (whole.get(where) ?? 0) + sum);
    }
    self.set(where, (self.get(where) ?? 0) + node.us);
    return sum;
  };
  visit(byId.get(nodes[0].id), new Set());
}

function place({ functionName, url, lineNumber }) {
  const file = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url.startsWith('/') ? relative(root, url) : url;
  return file ? `${functionName || '(anonymous)'}  ${file}:${lineNumber + 1}` : functionName;
}
