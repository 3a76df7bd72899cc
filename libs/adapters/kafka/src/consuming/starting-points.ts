import type { Positions } from '@regulars/ports';
import type { Admin } from 'kafkajs';
import { type CommitMetadata, parseCommit } from '../messages/commit-metadata';
import { type Passed, parsePosition } from '../messages/position';
import { type Partition, sourceName } from '../messages/source-name';

/** Where a source begins. */
export interface StartingPoint {
  readonly offset: number;
  readonly passed: Passed;
  /** The offset behind the last record there was when it was asked. */
  readonly end: number;
}

/**
 * A remembered position is not in the topic any more, or not yet: its retention was shorter than the consumer was away, or the topic is another
 * one than it was. Going on would leave messages out silently.
 */
export class PositionLost extends Error {
  constructor(source: string, offset: number, first: number, end: number) {
    super(
      `${source}: cannot go on at offset ${offset}, the topic holds ${first} to ${end - 1}. ` +
        (offset < first
          ? 'What lay between was deleted by its retention'
          : 'It is not the topic, or not the cluster, that was read before'),
    );
    this.name = 'PositionLost';
  }
}

/** The first offset of each partition and the one behind the last, by source. */
export async function boundsOf(admin: Admin, partitions: readonly Partition[]): Promise<Map<string, { first: number; end: number }>> {
  const bounds = new Map<string, { first: number; end: number }>();
  for (const topic of new Set(partitions.map(({ topic }) => topic))) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      bounds.set(sourceName({ topic, partition }), { first: Number(low), end: Number(high) });
    }
  }
  return bounds;
}

/** What consumers remember, by source. Throws an Error for a text that is no position of this bus. */
function remembered(partitions: readonly Partition[], positions: Positions): Map<string, { offset: number; passed: Passed }> {
  const points = new Map<string, { offset: number; passed: Passed }>();
  for (const name of partitions.map(sourceName)) {
    const position = Object.hasOwn(positions, name) ? positions[name] : undefined;
    if (position === undefined) continue;
    try {
      const { offset, ...passed } = parsePosition(position);
      points.set(name, { offset: offset + 1, passed });
    } catch (error) {
      throw new Error(`${name}: "${position}" is no position of this bus`, { cause: error });
    }
  }
  return points;
}

/** What a group has committed for a source. */
export interface Committed extends CommitMetadata {
  /** The next offset to read. */
  readonly offset: number;
}

/** What the group has committed, by source; only for those of these partitions where it has. */
export async function committedBy(admin: Admin, groupId: string, partitions: readonly Partition[]): Promise<Map<string, Committed>> {
  const wanted = new Set(partitions.map(sourceName));
  const points = new Map<string, Committed>();
  const topics = [...new Set(partitions.map(({ topic }) => topic))];
  for (const found of await admin.fetchOffsets({ groupId, topics })) {
    for (const { partition, offset, metadata } of found.partitions) {
      const name = sourceName({ topic: found.topic, partition });
      if (Number(offset) >= 0 && wanted.has(name)) points.set(name, { offset: Number(offset), ...parseCommit(metadata) });
    }
  }
  return points;
}

/**
 * Where partitions begin: as remembered or committed, else at their beginning. Throws `PositionLost` where that is not there, an Error for a
 * text that is no position; kafkajs's errors where Kafka does not answer.
 */
export async function startingPoints(
  admin: Admin,
  groupId: string,
  partitions: readonly Partition[],
  from: Positions | 'committed',
): Promise<Map<string, StartingPoint>> {
  const known = from === 'committed' ? await committedBy(admin, groupId, partitions) : remembered(partitions, from);
  const bounds = await boundsOf(admin, partitions);
  const points = new Map<string, StartingPoint>();
  for (const name of partitions.map(sourceName)) {
    const { first, end } = bounds.get(name) ?? { first: 0, end: 0 };
    const { offset, passed } = known.get(name) ?? { offset: first, passed: {} };
    if (offset < first || offset > end) throw new PositionLost(name, offset, first, end);
    points.set(name, { offset, passed, end });
  }
  return points;
}

/** Throws `PositionLost` where a partition does not hold an offset, nor ends right before it. */
export async function assertHeld(admin: Admin, partition: Partition, offset: number): Promise<void> {
  const name = sourceName(partition);
  const { first, end } = (await boundsOf(admin, [partition])).get(name) ?? { first: 0, end: 0 };
  if (offset < first || offset > end) throw new PositionLost(name, offset, first, end);
}
