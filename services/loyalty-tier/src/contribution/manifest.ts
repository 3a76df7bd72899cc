import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { canonicalJson, type Position } from '@regulars/kernel';
import { z } from 'zod';
import { LedgerDamaged } from './damaged';
import { replaceDurably } from './durable-file';

const FILE = 'manifest';

const count = z.int().min(0);
const namesFile = z.strictObject({ bytes: count, names: count });

const manifestSchema = z.strictObject({
  format: z.literal(1),
  /** Up to where each source is inside. */
  positions: z.record(z.string(), z.string()),
  segments: z.array(z.strictObject({ id: count, bytes: count, crc: count })),
  /** Number of the next segment; numbers are never used twice. */
  nextSegment: count,
  names: z.strictObject({ customers: namesFile, stores: namesFile, categories: namesFile }),
  /** Region by store id. */
  regions: z.record(z.string(), z.string()),
});

/** What belongs together in a ledger's directory: everything else in it does not count. */
export type Manifest = z.infer<typeof manifestSchema> & { readonly positions: Readonly<Record<string, Position>> };

/** The manifest of a ledger without anything in it. */
export const emptyManifest: Manifest = {
  format: 1,
  positions: {},
  segments: [],
  nextSegment: 1,
  names: { customers: { bytes: 0, names: 0 }, stores: { bytes: 0, names: 0 }, categories: { bytes: 0, names: 0 } },
  regions: {},
};

/** Replaces the manifest, all or nothing, and waits until it is on the disk. */
export function writeManifest(directory: string, manifest: Manifest): void {
  const text = canonicalJson(manifest);
  replaceDurably(join(directory, FILE), Buffer.from(`${crc32(text).toString(16).padStart(8, '0')}\n${text}\n`, 'utf8'));
}

/** Reads the manifest; an empty one where there is none. Throws LedgerDamaged. */
export function readManifest(directory: string): Manifest {
  const path = join(directory, FILE);
  if (!existsSync(path)) return emptyManifest;
  const content = readFileSync(path, 'utf8');
  const text = content.slice(9, -1);
  if (content !== `${crc32(text).toString(16).padStart(8, '0')}\n${text}\n`) throw new LedgerDamaged(FILE, 'its checksum differs');
  const parsed = manifestSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new LedgerDamaged(FILE, 'it is of another format', { cause: parsed.error });
  return parsed.data;
}
