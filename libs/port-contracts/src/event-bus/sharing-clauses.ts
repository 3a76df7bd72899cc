import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { DeliveredMessage, Positions } from '@regulars/ports';
import { clause, idsOf, KEYS, messagesOfAllKeys } from './clause';
import type { EventBusClause, Trial, Watcher } from './clause';

/** A group whose members remember together what they took in, as durable content would, and what befell each source. */
class Group {
  /** In the order of handing over, over all members. */
  readonly taken: { readonly member: string; readonly message: DeliveredMessage }[] = [];
  /** What must never be: a source used by one that does not hold it, or held by two. */
  readonly wrongs: string[] = [];
  private readonly holders = new Map<string, string>();
  private readonly remembered: Record<string, string> = {};
  private readonly underWay = new Set<string>();

  constructor(private readonly trial: Trial) {}

  join(member: string): Watcher {
    const options = {
      group: 'shared',
      batchMessagesMax: 5,
      from: async (sources: readonly string[]) => this.come(member, sources),
      onRevoked: async (sources: readonly string[]) => this.gone(member, sources),
    };
    return this.trial.watch(options, async (messages, upTo) => {
      const sources = Object.keys(upTo);
      for (const source of sources) {
        this.check(this.holders.get(source) === member, `${member} got a batch of ${source}, which it does not hold`);
        this.underWay.add(source);
      }
      this.taken.push(...messages.map((message) => ({ member, message })));
      await turn();
      Object.assign(this.remembered, upTo);
      for (const source of sources) this.underWay.delete(source);
    });
  }

  /** The sources a member holds. */
  heldBy(member: string): string[] {
    return [...this.holders].flatMap(([source, holder]) => (holder === member ? [source] : []));
  }

  async untilHas(messages: readonly { readonly id: string }[]): Promise<void> {
    await this.trial.until('all messages', () => {
      const got = new Set(this.taken.map(({ message }) => message.id));
      return messages.every(({ id }) => got.has(id));
    });
  }

  private async come(member: string, sources: readonly string[]): Promise<Positions> {
    for (const source of sources) {
      const holder = this.holders.get(source);
      this.check(holder === undefined, `${source} came to ${member} while ${holder} held it`);
      this.holders.set(source, member);
    }
    return { ...this.remembered };
  }

  private async gone(member: string, sources: readonly string[]): Promise<void> {
    for (const source of sources) {
      this.check(!this.underWay.has(source), `${source} was taken from ${member} in the middle of a batch`);
      if (this.holders.get(source) === member) this.holders.delete(source);
    }
  }

  private check(holds: boolean, wrong: string): void {
    if (!holds) this.wrongs.push(wrong);
  }
}

/** Two members, each with sources of its own. */
async function twoMembers(trial: Trial): Promise<{ readonly group: Group; readonly first: Watcher; readonly second: Watcher }> {
  const group = new Group(trial);
  const first = group.join('first');
  await trial.until('the first to hold sources', () => group.heldBy('first').length > 1);
  const second = group.join('second');
  await trial.until('both to hold sources', () => group.heldBy('first').length > 0 && group.heldBy('second').length > 0);
  return { group, first, second };
}

/** Consumers of one group in several processes. */
export const sharingClauses: readonly EventBusClause[] = [
  clause(
    'each message is handed to one consumer of a group, and both get some',
    async (trial) => {
      const { group } = await twoMembers(trial);
      const all = messagesOfAllKeys(trial, 'm', 40);
      await trial.bus.publish(all);
      await group.untilHas(all);
      assert.deepEqual(group.taken.map(({ message }) => message.id).sort(), idsOf(all).sort());
      assert.deepEqual([...new Set(group.taken.map(({ member }) => member))].sort(), ['first', 'second']);
    },
    { shares: true },
  ),

  clause(
    'nothing is lost, doubled or disordered while consumers join and leave a group',
    async (trial) => {
      const all = messagesOfAllKeys(trial, 'm', 120);
      let published = 0;
      const publish = async (count: number): Promise<void> => {
        for (const end = published + count; published < end; published += 10) await trial.bus.publish(all.slice(published, published + 10));
      };
      await publish(30);
      const { group, first, second } = await twoMembers(trial);
      await publish(30);
      await trial.within('close', first.consumption.close());
      await publish(30);
      await trial.until('the one that stays to hold all', () => group.heldBy('first').length === 0 && group.heldBy('second').length > 1);
      const third = group.join('third');
      await publish(30);
      await trial.until('the third to hold sources', () => group.heldBy('third').length > 0);
      await trial.within('close', second.consumption.close());
      await group.untilHas(all);
      await trial.within('close', third.consumption.close());
      for (const key of KEYS) {
        const numbers = group.taken.filter(({ message }) => message.key === key).map(({ message }) => Number(message.data.number));
        const expected = all.filter((message) => message.key === key).map(({ data }) => Number(data.number));
        assert.deepEqual(numbers, expected, `messages of ${key}`);
      }
    },
    { shares: true },
  ),

  clause(
    'a source is taken back from one consumer before another is asked for its position',
    async (trial) => {
      const all = messagesOfAllKeys(trial, 'm', 60);
      await trial.bus.publish(all);
      const { group, first } = await twoMembers(trial);
      await trial.bus.publish(messagesOfAllKeys(trial, 'n', 60));
      await trial.within('close', first.consumption.close());
      await group.untilHas([...all, ...messagesOfAllKeys(trial, 'n', 60)]);
      assert.deepEqual(group.wrongs, []);
    },
    { shares: true },
  ),
];
