import type { z } from 'zod';
import { settings } from './settings';

/** One setting, flattened out of the schema. */
export interface Setting {
  /** Path in the file: `http.port`. */
  readonly key: string;
  /** Environment variable: `REGULARS_HTTP_PORT`. */
  readonly variable: string;
  readonly kind: 'number' | 'boolean' | 'text';
  readonly default: unknown;
  readonly meaning: string;
}

type Node = z.ZodType & { def: { type: string; innerType?: Node; defaultValue?: unknown }; shape?: Record<string, Node> };

const variableOf = (path: readonly string[]): string =>
  `REGULARS_${path.map((part) => part.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()).join('_')}`;

function flatten(node: Node, path: readonly string[]): Setting[] {
  const inner = node.def.innerType ?? node;
  if (inner.shape) return Object.entries(inner.shape).flatMap(([name, child]) => flatten(child, [...path, name]));
  return [
    {
      key: path.join('.'),
      variable: variableOf(path),
      kind: inner.def.type === 'number' || inner.def.type === 'boolean' ? inner.def.type : 'text',
      default: node.def.defaultValue,
      meaning: node.description ?? '',
    },
  ];
}

/** Every setting in the order of the schema. */
export const settingList: readonly Setting[] = flatten(settings as unknown as Node, []);
