import type { Admin } from 'kafkajs';
import { formatCommit } from '../messages/commit-metadata';
import { sourceName } from '../messages/source-name';
import type { OffsetToCommit } from './commits';
import type { HeldSource } from './held-source';
import { boundsOf, type Committed, committedBy } from './starting-points';

/**
 * Kafka gives a partition to its new consumer while the old one may still be at its last batch. So that the new one begins only after that, each
 * writes its member id beside the offsets it commits, and takes it away once it has let go. Somebody who is no member of the group any more has lost
 * its claim; and nobody waits longer than a rebalance may take, so a consumer that hangs holds nothing up for ever.
 */
export interface Claim {
  /** Members of the group that still hold one of the sources. */
  readonly rivals: readonly string[];
  /** What to commit to become their holder. */
  readonly offsets: OffsetToCommit[];
}

const partitionsOf = (sources: readonly HeldSource[]) => sources.map(({ partition }) => partition);

function toOffset(
  source: HeldSource,
  holder: string | undefined,
  { offset, passed }: Pick<Committed, 'offset' | 'passed'>,
): OffsetToCommit {
  return { ...source.partition, offset: String(offset), metadata: formatCommit({ holder, passed }) };
}

/** Who else still holds sources that have come, and what claims them for a member. */
export async function claimOf(admin: Admin, groupId: string, memberId: string, sources: readonly HeldSource[]): Promise<Claim> {
  const committed = await committedBy(admin, groupId, partitionsOf(sources));
  const holders = new Set([...committed.values()].flatMap(({ holder }) => (holder === undefined || holder === memberId ? [] : [holder])));
  const rivals = holders.size === 0 ? [] : await membersAmong(admin, groupId, holders);
  const bounds = await boundsOf(admin, partitionsOf(sources));
  const offsets = sources.map((source) => {
    const known = committed.get(source.name) ?? { offset: bounds.get(source.name)?.first ?? 0, passed: {} };
    return toOffset(source, memberId, known);
  });
  return { rivals, offsets };
}

/** What to commit for sources that are gone, so that others may begin: only those nobody else has claimed meanwhile. */
export async function releaseOf(admin: Admin, groupId: string, sources: readonly HeldSource[]): Promise<OffsetToCommit[]> {
  const committed = await committedBy(admin, groupId, partitionsOf(sources));
  return sources.flatMap((source) => {
    const known = committed.get(sourceName(source.partition));
    if (!known || known.holder === undefined || known.holder !== source.holder) return [];
    return [toOffset(source, undefined, source.reached ? { offset: source.reached.next, passed: source.reached.passed } : known)];
  });
}

async function membersAmong(admin: Admin, groupId: string, candidates: ReadonlySet<string>): Promise<string[]> {
  const { groups } = await admin.describeGroups([groupId]);
  return groups.flatMap(({ members }) => members.map(({ memberId }) => memberId)).filter((memberId) => candidates.has(memberId));
}
