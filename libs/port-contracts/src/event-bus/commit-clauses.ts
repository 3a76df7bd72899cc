import assert from 'node:assert/strict';
import { clause, endOf, idsOf, messagesOfAllKeys } from './clause';
import type { EventBusClause, Trial } from './clause';

/** Twelve messages of one key, published in one go: they lie behind each other in one source. */
function line(trial: Trial, prefix: string): ReturnType<Trial['message']>[] {
  return Array.from({ length: 12 }, (_, number) => trial.message(`${prefix}-${number}`, { data: { number } }));
}

/** Where a group goes on that leaves it to the bus to remember. */
export const commitClauses: readonly EventBusClause[] = [
  clause('a group that asks for what was committed starts at the beginning and goes on where its batches ended', async (trial) => {
    const all = messagesOfAllKeys(trial, 'm', 40);
    await trial.bus.publish(all.slice(0, 20));
    const first = trial.watch({ from: 'committed', batchMessagesMax: 6 });
    await first.untilHas(idsOf(all.slice(0, 20)));
    await trial.within('close', first.consumption.close());
    await trial.bus.publish(all.slice(20));
    const second = trial.watch({ from: 'committed' });
    await second.untilHas(idsOf(all.slice(20)));
    assert.deepEqual(second.ids().sort(), idsOf(all.slice(20)).sort());
    const other = trial.watch({ group: 'other', from: 'committed' });
    await other.untilHas(idsOf(all));
  }),

  clause('a batch that fails comes again from its first message that was not done', async (trial) => {
    const all = line(trial, 'm');
    await trial.bus.publish(all);
    const open = new Set<string>();
    let failed = false;
    const failing = trial.watch({ from: 'committed' }, async (messages, _, done) => {
      if (messages.length < 3) return;
      const [gap, ...behind] = messages.slice(1);
      for (const message of messages) if (message !== gap) done(message);
      for (const message of [gap, ...behind]) open.add(message?.id ?? '');
      failed = true;
      throw new Error('planned');
    });
    await endOf(trial, failing);
    assert.ok(failed, 'no batch of three messages came');
    const before = failing.ids().filter((id) => !open.has(id));
    const again = trial.watch({ from: 'committed' });
    await again.untilHas(idsOf(all.slice(before.length)));
    assert.deepEqual(again.ids(), idsOf(all.slice(before.length)));
  }),

  clause('a batch that fails after all of it was done does not come again, one of which nothing was done does wholly', async (trial) => {
    const all = line(trial, 'm');
    await trial.bus.publish(all);
    const finished = trial.watch({ from: 'committed', batchMessagesMax: 4 }, async (messages, _, done) => {
      messages.forEach(done);
      if (messages.length > 0) throw new Error('planned');
    });
    await endOf(trial, finished);
    const gone = finished.ids().length;
    const untouched = trial.watch({ from: 'committed', batchMessagesMax: 4 }, async (messages) => {
      if (messages.length > 0) throw new Error('planned');
    });
    await endOf(trial, untouched);
    assert.deepEqual(untouched.ids(), idsOf(all.slice(gone, gone + untouched.ids().length)));
    const again = trial.watch({ from: 'committed' });
    await again.untilHas(idsOf(all.slice(gone)));
    assert.deepEqual(again.ids(), idsOf(all.slice(gone)));
  }),

  clause(
    'what was committed holds after the bus was started anew',
    async (trial) => {
      const all = messagesOfAllKeys(trial, 'm', 20);
      await trial.bus.publish(all.slice(0, 10));
      const before = trial.watch({ from: 'committed' });
      await before.untilHas(idsOf(all.slice(0, 10)));
      await trial.within('close', before.consumption.close());
      const anew = await trial.reopen();
      await anew.bus.publish(all.slice(10));
      const after = anew.watch({ from: 'committed' });
      await after.untilHas(idsOf(all.slice(10)));
      assert.deepEqual(after.ids().sort(), idsOf(all.slice(10)).sort());
    },
    { reopens: true },
  ),
];
