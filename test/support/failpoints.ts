import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Moments of taking items in. */
export const WHILE_TAKING_IN = [
  'log.before-write',
  'log.after-write',
  'log.after-sync',
  'intake.after-append',
  'intake.before-ack',
  'read-models.write-before-commit',
  'read-models.write-after-commit',
] as const;

/** Moments of making durable how far everything was read; all of them come when the platform stops. */
export const WHILE_FLUSHING = [
  'ledger.before-flush',
  'ledger.after-segment',
  'ledger.before-manifest',
  'ledger.after-manifest',
  'read-models.checkpoint-before-commit',
  'read-models.checkpoint-after-commit',
  'log.snapshot',
] as const;
export const WHILE_COMPACTING = ['ledger.compaction-before-switch', 'ledger.compaction-after-switch'] as const;

/** Moments of a replay of a read model: opening its new version, removing it, switching to it. */
export const WHILE_OPENING = ['read-models.open-before-commit', 'read-models.open-after-commit'] as const;
export const WHILE_DROPPING = ['read-models.drop-before-commit', 'read-models.drop-after-commit'] as const;
export const WHILE_SWITCHING = [
  'replay.before-switch',
  'read-models.switch-before-commit',
  'read-models.switch-after-commit',
  'replay.after-switch',
] as const;

/** Moments that come with 64 MiB of log. */
export const RARELY = ['log.segment-roll'] as const;

/** Moments of carrying events to Kafka, which only separate services do: `test/cluster` kills there. */
export const WHILE_RELAYING = ['relay.after-publish', 'relay.before-checkpoint'] as const;

/** Every moment at which the platform may be told to die. One that is missing here fails the suite. */
export const FAILPOINTS: readonly string[] = [
  ...WHILE_TAKING_IN,
  ...WHILE_FLUSHING,
  ...WHILE_COMPACTING,
  ...WHILE_OPENING,
  ...WHILE_DROPPING,
  ...WHILE_SWITCHING,
  ...RARELY,
  ...WHILE_RELAYING,
];

const ROOT = join(__dirname, '..', '..');
const CALL = /(?:failpoint|reach)(?:\?\.)?\(\s*(['"`])([^'"`]+)\1/g;
const STEP = /this\.transaction\('([a-z-]+)'/g;

/** The names the sources pass to a failpoint; `${name}` in one stands for each step of the database of read models. */
export function failpointsInSources(): string[] {
  const names = new Set<string>();
  for (const folder of ['libs', 'services']) {
    for (const file of sources(join(ROOT, folder))) {
      const code = readFileSync(file, 'utf8');
      const steps = [...code.matchAll(STEP)].map((match) => match[1] as string);
      for (const [, , name = ''] of code.matchAll(CALL)) {
        if (!name.includes('${')) names.add(name);
        else for (const step of steps) names.add(name.replace(/\$\{\w+\}/, step));
      }
    }
  }
  return [...names].sort();
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^(node_modules|dist|spec-support)$/.test(entry.name) ? [] : sources(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts') ? [path] : [];
  });
}
