import { type Partition, sourceName } from '../messages/source-name';

/** A member of a group, as it joins. */
export interface Sharer {
  readonly memberId: string;
  readonly topics: readonly string[];
  /** Names of the sources it holds from before. */
  readonly held: readonly string[];
}

/**
 * Shares partitions out among members: of each topic, every member that asked for it gets as many as any other, give or take one, and keeps as
 * many of those it held as that allows. A source that moves costs its new owner the rebuilding of what it keeps of it. The same input gives the
 * same shares.
 */
export function shareOut(partitions: readonly Partition[], members: readonly Sharer[]): Map<string, Partition[]> {
  const shares = new Map<string, Partition[]>();
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  for (const { memberId } of sorted) shares.set(memberId, []);
  for (const topic of [...new Set(partitions.map((partition) => partition.topic))].sort()) {
    const ofTopic = partitions.filter((partition) => partition.topic === topic).sort((a, b) => a.partition - b.partition);
    const sharers = sorted.filter(({ topics }) => topics.includes(topic));
    if (sharers.length > 0) shareTopic(ofTopic, sharers, shares);
  }
  return shares;
}

function shareTopic(partitions: readonly Partition[], sharers: readonly Sharer[], shares: Map<string, Partition[]>): void {
  const load = ({ memberId }: Sharer): number => shares.get(memberId)?.length ?? 0;
  const heldOf = ({ held }: Sharer): Partition[] => partitions.filter((partition) => held.includes(sourceName(partition)));
  // Whoever holds more keeps one more, where they do not divide evenly; then whoever has less of the topics before.
  const ranked = [...sharers].sort((a, b) => heldOf(b).length - heldOf(a).length || load(a) - load(b));
  const least = Math.floor(partitions.length / sharers.length);
  const quota = new Map(ranked.map((sharer, rank) => [sharer, least + (rank < partitions.length % sharers.length ? 1 : 0)]));
  const free = new Set(partitions);
  for (const sharer of ranked) {
    const kept = heldOf(sharer)
      .filter((partition) => free.has(partition))
      .slice(0, quota.get(sharer));
    for (const partition of kept) free.delete(partition);
    shares.get(sharer.memberId)?.push(...kept);
    quota.set(sharer, (quota.get(sharer) ?? 0) - kept.length);
  }
  const waiting = [...free];
  for (const sharer of ranked) shares.get(sharer.memberId)?.push(...waiting.splice(0, quota.get(sharer)));
}
