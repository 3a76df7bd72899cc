import { createHash } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Causation, type Clock, CodedError, isRefusal } from '@regulars/kernel';
import type { AccessContext } from './handle-access';
import { issueToken } from './issue-token';
import { revokeToken } from './revoke-token';
import { newTokenText } from './token-text';

/** Ids of the tokens that lie in data directories begin so; ids made for others are bare hexadecimal. */
const PREFIX = 'local-';
/** Digits of a hash, in hex, that tell data directories apart in these ids. */
const PLACE_DIGITS = 12;

/** Name of the file in the data directory. */
export const ADMINISTRATOR_FILE = 'admin.token';

async function readToken(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole and on the disk, or not there at all; never readable by others, not even for a moment. */
async function writeToken(dataDir: string, path: string, token: string): Promise<void> {
  const draft = `${path}.new`;
  await rm(draft, { force: true });
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${token}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  const folder = await open(dataDir, 'r');
  await folder.sync().finally(() => folder.close());
}

/** Whose administrator's token is wanted. */
export interface AdministratorOptions {
  readonly dataDir: string;
  readonly context: AccessContext;
  readonly clock: Clock;
  readonly causation: Causation;
  /**
   * Names this data directory among those of other processes on the same event store, each of which has its own token: only tokens that
   * lay in this one are revoked. Absent where there is no other.
   */
  readonly place?: string | undefined;
}

/**
 * The administrator's token of this data directory, from `admin.token` (mode 0600). Where the file is missing, or what is in it is no
 * administrator's token in force, a new one is issued and written, and then the ones that lay there before are revoked.
 */
export async function ensureAdministrator(options: AdministratorOptions): Promise<string> {
  const { dataDir, context, clock, causation, place } = options;
  const prefix = place === undefined ? PREFIX : `${PREFIX}${createHash('sha256').update(place).digest('hex').slice(0, PLACE_DIGITS)}-`;
  const path = join(dataDir, ADMINISTRATOR_FILE);
  const kept = await readToken(path);
  if (kept !== undefined && context.registry.authenticate(kept)?.role === 'administrator') {
    await chmod(path, 0o600);
    return kept;
  }
  await mkdir(dataDir, { recursive: true });
  const at = new Date(clock.now()).toISOString();
  const request = { role: 'administrator', stores: '*', terminal: null, label: `${ADMINISTRATOR_FILE} of the data directory` } as const;
  const issued = await issueToken(context, request, newTokenText(prefix), at, causation);
  if (isRefusal(issued)) throw new CodedError(issued.code, issued.detail);
  await writeToken(dataDir, path, issued.token);
  for (const { tokenId, revokedAt } of context.registry.list()) {
    if (!tokenId.startsWith(prefix) || tokenId === issued.tokenId || revokedAt !== null) continue;
    const refusal = await revokeToken(context, tokenId, at, causation);
    if (refusal) throw new CodedError(refusal.code, refusal.detail);
  }
  return issued.token;
}
