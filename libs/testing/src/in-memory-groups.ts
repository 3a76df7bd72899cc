/** One consumer's share in a group. */
export interface GroupMember {
  /** Whether a partition is this member's, as the group stands now. */
  shouldHold(partition: number): boolean;
  /** Takes the partitions that are this member's and that nobody holds any more. */
  takeFree(): readonly number[];
  /** Lets go of a partition, so that its new member may take it. */
  release(partition: number): void;
  /** Leaves the group with everything held. */
  leave(): void;
}

interface Group {
  readonly members: object[];
  readonly holders: Map<number, object>;
  readonly wakes: Map<object, () => void>;
}

/** Shares partitions out among the consumers of each group: the n-th partition to the n-th member, in turns. */
export class Groups {
  private readonly groups = new Map<string, Group>();

  /** Adds a consumer. `wake` is called whenever the shares have changed afterwards. */
  join(name: string, partitions: number, wake: () => void): GroupMember {
    const group = this.groups.get(name) ?? { members: [], holders: new Map<number, object>(), wakes: new Map<object, () => void>() };
    this.groups.set(name, group);
    const me = {};
    group.members.push(me);
    const wakeAll = () => group.wakes.forEach((wakeOne) => wakeOne());
    wakeAll();
    group.wakes.set(me, wake);
    const shouldHold = (partition: number) => group.members[partition % group.members.length] === me;
    return {
      shouldHold,
      takeFree() {
        const free = Array.from({ length: partitions }, (_, partition) => partition).filter(
          (partition) => shouldHold(partition) && !group.holders.has(partition),
        );
        for (const partition of free) group.holders.set(partition, me);
        return free;
      },
      release(partition) {
        group.holders.delete(partition);
        wakeAll();
      },
      leave() {
        group.members.splice(group.members.indexOf(me), 1);
        group.wakes.delete(me);
        for (const [partition, holder] of group.holders) if (holder === me) group.holders.delete(partition);
        wakeAll();
      },
    };
  }
}
