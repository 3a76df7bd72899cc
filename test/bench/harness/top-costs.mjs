import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The functions that took most time themselves, over all `.cpuprofile` files of a folder, as text. */
export function topCosts(folder, shown = 25) {
  const self = new Map();
  let total = 0;
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.cpuprofile'))) {
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    const byId = new Map(nodes.map((node) => [node.id, place(node.callFrame)]));
    samples.forEach((id, index) => {
      const where = byId.get(id);
      if (where.startsWith('(idle)') || where.startsWith('(program)')) return;
      total += timeDeltas[index];
      self.set(where, (self.get(where) ?? 0) + timeDeltas[index]);
    });
  }
  const rows = [...self].sort((a, b) => b[1] - a[1]).slice(0, shown);
  const lines = rows.map(
    ([where, us]) => `${((100 * us) / total).toFixed(1).padStart(5)} %  ${(us / 1e6).toFixed(2).padStart(7)} s  ${where}`,
  );
  return [`Busy ${(total / 1e6).toFixed(2)} s; self time by function:`, ...lines].join('\n');
}

function place({ functionName, url, lineNumber }) {
  const file = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url.startsWith('/') ? relative(root, url) : url;
  return `${functionName || '(anonymous)'}  ${file}${file ? `:${lineNumber + 1}` : ''}`;
}
