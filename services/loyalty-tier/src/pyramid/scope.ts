import { CodedError } from '@regulars/kernel';
import type { Scope } from '../contribution/scope';

/** Reads `chain`, `region:NAME`, `store:ID` or `category:NAME`. Throws CodedError `pyramid.scope`. */
export function parseScope(text: string): Scope {
  if (text === 'chain') return { kind: 'chain' };
  const match = /^(region|store|category):(.+)$/su.exec(text);
  if (!match) throw new CodedError('pyramid.scope', 'This is no scope: use chain, region:NAME, store:ID or category:NAME');
  return { kind: match[1] as 'region' | 'store' | 'category', name: match[2]! };
}
