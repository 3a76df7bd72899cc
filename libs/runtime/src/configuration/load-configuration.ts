import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { parseDocument } from 'yaml';
import { ConfigurationError, type ConfigurationProblem, kindOf } from './configuration-error';
import { type Setting, settingList } from './setting-list';
import { type Configuration, type ConfigurationInput, settings } from './settings';

/** Variables with our prefix that are no settings: the command line's, and the one that names the file. */
const otherVariables = new Set([
  'REGULARS_CONFIG',
  'REGULARS_URL',
  'REGULARS_TOKEN',
  ...['PURCHASE', 'PROFILE', 'LOYALTY_TIER', 'ENGAGEMENT', 'NOTIFICATION'].map((service) => `REGULARS_${service}_URL`),
]);

type Tree = Record<string, unknown>;

/** Where settings come from; later ones in this list win: file, environment, overrides. */
export interface ConfigurationSources {
  /** The process's environment, or a part of it. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** A YAML or JSON file that must exist; default `regulars.yaml` in the data directory, where there is one. */
  readonly file?: string | undefined;
  /** What the command line or a host states. */
  readonly overrides?: ConfigurationInput;
  /** Further `REGULARS_*` variables that belong to somebody else and are let pass. */
  readonly ignoredVariables?: readonly string[];
}

function readFile(path: string, problems: ConfigurationProblem[]): Tree {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    problems.push({ key: '--config', source: path, kind: 'file', reason: `cannot be read (${(error as NodeJS.ErrnoException).code})` });
    return {};
  }
  // Pretty errors quote the file, and a quoted line may hold a secret: only the code and the place are told.
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true });
  for (const error of document.errors) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    problems.push({ key: `line ${line}`, source: path, kind: 'text', reason: `is not YAML (${error.code})` });
  }
  if (document.errors.length > 0) return {};
  const content: unknown = document.toJS({ maxAliasCount: 10 });
  if (content === null || content === undefined) return {};
  if (typeof content === 'object' && !Array.isArray(content)) return content as Tree;
  problems.push({ key: '(whole file)', source: path, kind: kindOf(content), reason: 'must be a mapping of settings' });
  return {};
}

/** Reads `REGULARS_*`; what does not look like what it should be stays text, so that the schema refuses it by its key. */
function readEnvironment(sources: ConfigurationSources, problems: ConfigurationProblem[]): Tree {
  const tree: Tree = {};
  const ignored = new Set([...otherVariables, ...(sources.ignoredVariables ?? [])]);
  for (const [variable, text] of Object.entries(sources.environment ?? {})) {
    if (!variable.startsWith('REGULARS_') || ignored.has(variable) || text === undefined) continue;
    const setting = settingList.find((candidate) => candidate.variable === variable);
    if (!setting) {
      problems.push({ key: variable, source: 'environment', kind: 'text', reason: 'is no setting of the platform' });
      continue;
    }
    merge(tree, setting.key.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), valueOf(setting, text)) as Tree);
  }
  return tree;
}

function valueOf({ kind }: Setting, text: string): unknown {
  if (kind === 'number' && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (kind === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  return text;
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

function merge(target: Tree, source: Tree): void {
  for (const [name, value] of Object.entries(source)) {
    if (value === undefined) continue;
    const old = Object.hasOwn(target, name) ? target[name] : undefined;
    if (isTree(old) && isTree(value)) merge(old, value);
    else
      Object.defineProperty(target, name, {
        value: isTree(value) ? structuredClone(value) : value,
        enumerable: true,
        writable: true,
        configurable: true,
      });
  }
}

const valueAt = (tree: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, part) => (isTree(value) && Object.hasOwn(value, part) ? value[part as string] : undefined), tree);

function problemsOf(error: z.ZodError, merged: Tree, layers: readonly (readonly [string, Tree])[]): ConfigurationProblem[] {
  return error.issues.flatMap((issue) => {
    const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    return paths.map((path) => ({
      key: path.join('.'),
      source: layers.findLast(([, tree]) => valueAt(tree, path) !== undefined)?.[0] ?? 'default',
      kind: kindOf(valueAt(merged, path)),
      reason: issue.code === 'unrecognized_keys' ? 'is no setting of the platform' : issue.message,
    }));
  });
}

/**
 * The settings from file, environment and overrides, checked. Throws `ConfigurationError` that names every wrong or
 * unknown setting at once, and no value.
 */
export function loadConfiguration(sources: ConfigurationSources = {}): Configuration {
  const problems: ConfigurationProblem[] = [];
  const environment = readEnvironment(sources, problems);
  const overrides = (sources.overrides ?? {}) as Tree;
  const named = sources.file ?? sources.environment?.['REGULARS_CONFIG'];
  const dataDir = [overrides['dataDir'], environment['dataDir'], 'data'].find((value) => typeof value === 'string') as string;
  const usual = join(dataDir, 'regulars.yaml');
  const path = named ?? (existsSync(usual) ? usual : undefined);
  const file = path === undefined ? {} : readFile(path, problems);

  const layers = [
    [path ?? 'file', file],
    ['environment', environment],
    ['command line', overrides],
  ] as const;
  const merged: Tree = {};
  for (const [, tree] of layers) merge(merged, tree);
  const checked = settings.safeParse(merged);
  if (!checked.success) problems.push(...problemsOf(checked.error, merged, layers));
  if (problems.length > 0 || !checked.success) throw new ConfigurationError(problems);
  return checked.data;
}
