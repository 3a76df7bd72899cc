import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { z } from 'zod';
import { CliError, exitCodes } from '../../failure';

const SAMPLE_BYTES = 64 * 1024;

const fingerprint = z.strictObject({ bytes: z.int(), head: z.string(), tail: z.string() });
/** Tells one file from another without reading all of it: size and hashes of its head and tail. */
export type Fingerprint = z.infer<typeof fingerprint>;

const key = { store: z.string(), terminal: z.string(), receipt: z.string() };

const importState = z.strictObject({
  version: z.literal(1),
  file: fingerprint,
  mapping: z.string(),
  finished: z.boolean(),
  counts: z.strictObject({
    lines: z.int(),
    linesInReceipts: z.int(),
    receipts: z.int(),
    accepted: z.int(),
    duplicate: z.int(),
    quarantined: z.int(),
    quarantinedLines: z.int(),
    rejectedLines: z.int(),
    excluded: z.record(z.string(), z.int()),
  }),
  after: z.int(),
  ahead: z.array(z.strictObject({ ...key, last: z.int() })).max(10_000),
  sample: z.strictObject(key).optional(),
});
/** How far an import has come: all lines up to `after` are settled for good, and some beyond it. */
export type ImportState = z.infer<typeof importState>;

/** Fingerprint of a file. */
export async function fingerprintOf(file: string): Promise<Fingerprint> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const sample = async (position: number) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(SAMPLE_BYTES), 0, SAMPLE_BYTES, position);
      return createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex');
    };
    return { bytes: size, head: await sample(0), tail: await sample(Math.max(0, size - SAMPLE_BYTES)) };
  } finally {
    await handle.close();
  }
}

/** The state kept in a file; undefined where there is none. Throws CliError where it cannot be read as one. */
export function readState(path: string): ImportState | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return importState.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new CliError(exitCodes.failed, 'The progress of an earlier import cannot be read', path, {
      whatToDo: 'Begin again with --restart: receipts that were taken before count as duplicates and do no harm.',
    });
  }
}

/** Replaces the state file: after a crash it is the old one or the new one, never half of it. */
export async function writeState(path: string, state: ImportState): Promise<void> {
  const next = `${path}.next`;
  const handle = await open(next, 'w');
  try {
    await handle.writeFile(`${JSON.stringify(state, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(next, path);
}

/** Refuses to go on where the state belongs to another file or to another mapping. */
export function checkState(state: ImportState, file: Fingerprint, mapping: string, path: string): void {
  const fileChanged = state.file.bytes !== file.bytes || state.file.head !== file.head || state.file.tail !== file.tail;
  if (!fileChanged && state.mapping === mapping) return;
  throw new CliError(
    exitCodes.failed,
    fileChanged ? 'The file is not the one whose import was begun' : 'The mapping has changed since the import was begun',
    `The progress kept in ${path} does not fit.`,
    { whatToDo: 'Begin again with --restart, or put back what was changed. Receipts taken before count as duplicates.' },
  );
}
