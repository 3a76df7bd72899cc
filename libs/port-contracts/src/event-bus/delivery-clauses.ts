import assert from 'node:assert/strict';
import type { JsonObject } from '@regulars/kernel';
import type { Message } from '@regulars/ports';
import { clause, idsOf, KEYS, messagesOfAllKeys } from './clause';
import type { EventBusClause, Watcher } from './clause';

const HOSTILE = JSON.parse(
  '{"__proto__":{"polluted":true},"$gt":"","a.b":1,"":null,"nul":"a\\u0000b","emoji":"😀店","quotes":"\'\\"`;--","deep":[[{"x":[true,false]}]],"max":9007199254740991,"tenth":0.1}',
) as JsonObject;

/** Fails unless the numbers of each key rise, repeats left out. */
function assertOrderPerKey(watcher: Watcher, perKey: number): void {
  for (const key of KEYS) {
    const numbers = [
      ...new Set(
        watcher
          .messages()
          .filter((message) => message.key === key)
          .map(({ data }) => Number(data.number)),
      ),
    ];
    assert.equal(numbers.length, perKey, `messages of ${key}`);
    assert.deepEqual(
      numbers,
      [...numbers].sort((a, b) => a - b),
      `order of ${key}`,
    );
  }
}

/** What arrives, and in which order. */
export const deliveryClauses: readonly EventBusClause[] = [
  clause('a message arrives with everything it was published with', async (trial) => {
    const full: Message = {
      ...trial.message('full', { data: HOSTILE, key: '😀 "key"' }),
      store: 'store-1',
      causationId: 'cause',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    };
    const spare = trial.message('spare');
    await trial.bus.publish([full, spare]);
    const watcher = trial.watch();
    await watcher.untilHas(['full', 'spare']);
    for (const published of [full, spare]) {
      const {
        source,
        position,
        logPosition: _,
        ...message
      } = watcher.messages().find(({ id }) => id === published.id) ?? assert.fail('not there');
      assert.equal(typeof source, 'string');
      assert.equal(typeof position, 'string');
      const members = (value: Message): string[] =>
        Object.entries(value).flatMap(([name, member]) => (member === undefined ? [] : `${name}=${JSON.stringify(member)}`));
      assert.deepEqual(members(message).sort(), members(published).sort());
    }
  }),

  clause('messages published before and after the start arrive', async (trial) => {
    const before = messagesOfAllKeys(trial, 'before', 12);
    await trial.bus.publish(before);
    const watcher = trial.watch();
    await watcher.untilHas(idsOf(before));
    const after = messagesOfAllKeys(trial, 'after', 12);
    await trial.bus.publish(after);
    await watcher.untilHas(idsOf(after));
    assert.deepEqual([...new Set(watcher.ids())].sort(), idsOf([...before, ...after]).sort());
  }),

  clause('publishing nothing is nothing', async (trial) => {
    await assert.doesNotReject(trial.bus.publish([]));
    const watcher = trial.watch();
    await trial.bus.publish([trial.message('only')]);
    await watcher.untilHas(['only']);
    assert.deepEqual([...new Set(watcher.ids())], ['only']);
  }),

  clause('messages of one key arrive in the order of publishing', async (trial) => {
    const all = messagesOfAllKeys(trial, 'm', 100);
    await trial.bus.publish(all.slice(0, 30));
    const watcher = trial.watch({ batchMessagesMax: 7 });
    for (let start = 30; start < all.length; start += 7) await trial.bus.publish(all.slice(start, start + 7));
    await watcher.untilHas(idsOf(all));
    assertOrderPerKey(watcher, 20);
  }),

  clause('publishers at the same time lose nothing and keep the order of their keys', async (trial) => {
    const watcher = trial.watch();
    const all = messagesOfAllKeys(trial, 'm', 50);
    const publishOneByOne = async (key: string): Promise<void> => {
      for (const message of all) if (message.key === key) await trial.bus.publish([message]);
    };
    await Promise.all(KEYS.map(publishOneByOne));
    await watcher.untilHas(idsOf(all));
    assertOrderPerKey(watcher, 10);
  }),

  clause('only the topics asked for arrive', async (trial) => {
    const [first, second] = trial.topics;
    const one = trial.watch({ group: 'one', topics: [first] });
    const other = trial.watch({ group: 'other', topics: [second] });
    const both = trial.watch({ group: 'both', topics: [first, second] });
    const messages = messagesOfAllKeys(trial, 'm', 20).map((message, number) => ({ ...message, topic: number % 3 ? first : second }));
    // The last of every key tells that all before has been looked at.
    const last = trial.topics.flatMap((topic, number) => KEYS.map((key) => trial.message(`last-${number}-${key}`, { key, topic })));
    await trial.bus.publish([...messages, ...last]);
    const ofTopic = (topic: string): string[] => idsOf([...messages, ...last].filter((message) => message.topic === topic));
    await one.untilHas(ofTopic(first));
    await other.untilHas(ofTopic(second));
    await both.untilHas([...ofTopic(first), ...ofTopic(second)]);
    assert.deepEqual([...new Set(one.ids())].sort(), ofTopic(first).sort());
    assert.deepEqual([...new Set(other.ids())].sort(), ofTopic(second).sort());
  }),

  clause('positions of one source rise, and no batch is larger than asked for', async (trial) => {
    const all = messagesOfAllKeys(trial, 'm', 40);
    await trial.bus.publish(all);
    const watcher = trial.watch({ batchMessagesMax: 6 });
    await watcher.untilHas(idsOf(all));
    const reached = new Map<string, string>();
    for (const { source, position } of watcher.messages()) {
      assert.ok(position > (reached.get(source) ?? ''), `${source}: ${position} after ${reached.get(source)}`);
      reached.set(source, position);
    }
    for (const { messages } of watcher.batches) assert.ok(messages.length <= 6, `a batch of ${messages.length}`);
  }),

  clause('publishing a message again, in one call or later, changes no id and loses no other', async (trial) => {
    const [again, ...others] = messagesOfAllKeys(trial, 'm', 6);
    assert.ok(again);
    await trial.bus.publish([again, again, ...others.slice(0, 2), again]);
    await trial.bus.publish([again, ...others.slice(2)]);
    const watcher = trial.watch();
    const last = KEYS.map((key) => trial.message(`last-${key}`, { key }));
    await trial.bus.publish(last);
    await watcher.untilHas(idsOf([again, ...others, ...last]));
    assert.deepEqual([...new Set(watcher.ids())].sort(), idsOf([again, ...others, ...last]).sort());
    for (const { id, data } of watcher.messages()) if (id === again.id) assert.equal(data.number, 0);
  }),

  clause('says it has caught up once all that was there has been handed over, not before', async (trial) => {
    const all = messagesOfAllKeys(trial, 'm', 25);
    await trial.bus.publish(all);
    const handedOver: number[] = [];
    const caughtUp = trial.gate();
    const watcher = trial.watch({
      batchMessagesMax: 10,
      onCaughtUp: () => {
        handedOver.push(new Set(watcher.ids()).size);
        caughtUp.open();
      },
    });
    await trial.within('onCaughtUp', caughtUp.opened);
    assert.equal(handedOver[0], all.length);
  }),
];
