import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import { CliError, exitCodes } from '../../failure';
import { mappingSchema, type Mapping } from './mapping-schema';

const shipped = join(__dirname, '..', '..', '..', 'mappings');

/** A mapping and the hash of what it says, by which a resumed import knows that it is still the same. */
export interface LoadedMapping {
  readonly mapping: Mapping;
  readonly hash: string;
}

/** Names of the mappings that ship with the command. */
export function shippedMappings(): string[] {
  return readdirSync(shipped)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

/** Reads a mapping by the path of its file or the name of a shipped one. Throws CliError with every fault it finds. */
export function loadMapping(nameOrFile: string): LoadedMapping {
  const file = existsSync(nameOrFile) ? nameOrFile : join(shipped, `${nameOrFile}.yaml`);
  const isName = /^[\w-]+$/.test(nameOrFile);
  if (!existsSync(file) || (file !== nameOrFile && !isName)) {
    throw new CliError(exitCodes.usage, 'No such mapping', `There is neither a file "${nameOrFile}" nor a shipped mapping of that name.`, {
      whatToDo: `Shipped: ${shippedMappings().join(', ')}. docs/how-to/import-history.md shows how to write one.`,
    });
  }
  return parseMapping(readFileSync(file, 'utf8'), file);
}

/** Checks the text of a mapping. Throws CliError naming each wrong key and why. */
export function parseMapping(text: string, file: string): LoadedMapping {
  const checked = mappingSchema.safeParse(readYaml(text, file));
  if (!checked.success) {
    const faults = checked.error.issues.map((issue) => `  ${issue.path.join('.') || '(top)'}: ${issue.message}`);
    throw new CliError(exitCodes.usage, 'The mapping is wrong', `${file}:\n${faults.join('\n')}`, {
      whatToDo: 'Correct the keys named; docs/how-to/import-history.md explains each.',
    });
  }
  return { mapping: checked.data, hash: createHash('sha256').update(JSON.stringify(checked.data)).digest('hex') };
}

function readYaml(text: string, file: string): unknown {
  try {
    return parseYaml(text, { maxAliasCount: 0 });
  } catch (error) {
    const why = error instanceof YAMLParseError || error instanceof Error ? error.message : String(error);
    throw new CliError(exitCodes.usage, 'The mapping is no YAML', `${file}: ${why}`, { whatToDo: 'Correct the place named.' });
  }
}
