import assert from 'node:assert/strict';
import type { Positions } from '@regulars/ports';
import { clause, endOf, idsOf, KEYS, messagesOfAllKeys } from './clause';
import type { EventBusClause } from './clause';

/** Sources that come to a consumer and go from it. */
export const assignmentClauses: readonly EventBusClause[] = [
  clause('a function is asked for positions once a source has come, before its first batch, and is obeyed', async (trial) => {
    const all = messagesOfAllKeys(trial, 'm', 30);
    await trial.bus.publish(all.slice(0, 15));
    const before = trial.watch();
    await before.untilHas(idsOf(all.slice(0, 15)));
    await trial.within('close', before.consumption.close());
    await trial.bus.publish(all.slice(15));
    const asked: string[] = [];
    const unasked: string[] = [];
    const from = async (sources: readonly string[]): Promise<Positions> => {
      asked.push(...sources);
      // Also of sources that nobody asked for.
      return { ...before.remembered, elsewhere: '9999' };
    };
    const watcher = trial.watch({ from, batchMessagesMax: 4 }, async (messages, upTo) => {
      const named = [...messages.map(({ source }) => source), ...Object.keys(upTo)];
      unasked.push(...named.filter((source) => !asked.includes(source)));
    });
    await watcher.untilHas(idsOf(all.slice(15)));
    assert.deepEqual(unasked, [], 'sources handed over before they were asked for');
    assert.equal(new Set(asked).size, asked.length, `asked twice: ${asked.join(', ')}`);
    assert.deepEqual(watcher.ids().sort(), idsOf(all.slice(15)).sort());
  }),

  clause('where the function throws, the consumption ends with its error and hands nothing over', async (trial) => {
    await trial.bus.publish(messagesOfAllKeys(trial, 'm', 10));
    const fault = new Error('planned');
    const watcher = trial.watch({ from: () => Promise.reject(fault) });
    assert.equal(await endOf(trial, watcher), fault);
    assert.deepEqual(watcher.batches, []);
    const again = trial.watch();
    await again.untilHas(['m-9']);
  }),

  clause('every source is taken back when a consumption ends, after the batches under way', async (trial) => {
    for (const fails of [false, true]) {
      const gate = trial.gate();
      const [held, taken] = [new Set<string>(), new Set<string>()];
      let under = 0;
      let underThen: number | undefined;
      const options = {
        from: async (sources: readonly string[]) => (sources.forEach((source) => held.add(source)), {}),
        onRevoked: async (sources: readonly string[]) => {
          underThen = under;
          sources.forEach((source) => taken.add(source));
        },
      };
      const watcher = trial.watch(options, async (messages) => {
        if (messages.length === 0) return;
        under++;
        await gate.opened;
        under--;
        if (fails) throw new Error('planned');
      });
      await trial.bus.publish(KEYS.map((key) => trial.message(`${fails}-${key}`, { key })));
      await trial.until('a batch', () => under > 0);
      assert.equal(taken.size, 0, 'taken back while in use');
      const closed = fails ? endOf(trial, watcher) : watcher.consumption.close();
      gate.open();
      await trial.within('the end', closed);
      assert.equal(underThen, 0, 'batches under way when the sources were taken back');
      assert.deepEqual([...taken].sort(), [...held].sort());
    }
  }),
];
