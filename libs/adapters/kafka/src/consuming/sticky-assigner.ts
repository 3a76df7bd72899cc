import { AssignerProtocol, type GroupMember, type PartitionAssigner } from 'kafkajs';
import { type Sharer, shareOut } from './share-out';

const NAME = 'regulars-sticky';
const VERSION = 1;

function sharerOf({ memberId, memberMetadata }: GroupMember): Sharer {
  const metadata = AssignerProtocol.MemberMetadata.decode(memberMetadata);
  let held: unknown;
  try {
    held = JSON.parse(metadata?.userData.toString('utf8') ?? '[]');
  } catch {
    held = [];
  }
  return { memberId, topics: metadata?.topics ?? [], held: Array.isArray(held) ? held.map(String) : [] };
}

/** How a group whose members say what they hold shares its sources out. Only the leader's own topics can be shared: it knows no others. */
export function stickyAssigner(held: () => readonly string[]): PartitionAssigner {
  return ({ cluster }) => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: AssignerProtocol.MemberMetadata.encode({ version: VERSION, topics, userData: Buffer.from(JSON.stringify(held())) }),
    }),
    assign: async ({ members, topics }) => {
      const partitions = topics.flatMap((topic) =>
        cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => ({ topic, partition: partitionId })),
      );
      return [...shareOut(partitions, members.map(sharerOf))].map(([memberId, share]) => {
        const assignment: Record<string, number[]> = {};
        for (const { topic, partition } of share) (assignment[topic] ??= []).push(partition);
        return {
          memberId,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: VERSION, assignment, userData: Buffer.alloc(0) }),
        };
      });
    },
  });
}
