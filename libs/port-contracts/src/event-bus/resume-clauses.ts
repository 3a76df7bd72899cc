import assert from 'node:assert/strict';
import { clause, idsOf, KEYS, messagesOfAllKeys } from './clause';
import type { EventBusClause } from './clause';

/** Where consumers go on, and what disturbs whom. */
export const resumeClauses: readonly EventBusClause[] = [
  clause('a consumer that goes on from where it had got to misses nothing and sees nothing from before', async (trial) => {
    const all = messagesOfAllKeys(trial, 'm', 30);
    await trial.bus.publish(all);
    let from: Readonly<Record<string, string>> = {};
    const got: string[] = [];
    for (let part = 0; got.length < all.length && part <= all.length; part++) {
      const begun = trial.gate();
      const closing = trial.gate();
      const watcher = trial.watch({ from, batchMessagesMax: 1 + (part % 4) }, async (messages) => {
        got.push(...idsOf(messages));
        if (messages.length === 0) return;
        begun.open();
        await closing.opened;
      });
      await trial.within('a batch', begun.opened);
      const closed = watcher.consumption.close();
      closing.open();
      await trial.within('close', closed);
      from = watcher.remembered;
    }
    assert.equal(new Set(got).size, got.length, 'a message from before came again');
    assert.deepEqual(got.sort(), idsOf(all).sort());
  }),

  clause('upTo covers every message of its batch and never goes back', async (trial) => {
    const all = messagesOfAllKeys(trial, 'm', 30);
    await trial.bus.publish(all);
    const watcher = trial.watch({ batchMessagesMax: 4 });
    await watcher.untilHas(idsOf(all));
    const reached = new Map<string, string>();
    for (const { messages, upTo } of watcher.batches) {
      for (const { source, position } of messages)
        assert.ok((upTo[source] ?? '') >= position, `${source} at ${position}, upTo ${upTo[source]}`);
      for (const [source, position] of Object.entries(upTo)) {
        assert.ok(position >= (reached.get(source) ?? ''), `${source} went back to ${position}`);
        reached.set(source, position);
      }
    }
  }),

  clause('a consumer for whose topics nothing came misses nothing that comes later', async (trial) => {
    const [first, second] = trial.topics;
    await trial.bus.publish(messagesOfAllKeys(trial, 'others', 20));
    const idle = trial.watch({ group: 'idle', topics: [second] });
    const busy = trial.watch({ group: 'busy', topics: [first] });
    await busy.untilHas(['others-19']);
    await trial.within('close', idle.consumption.close());
    const later = KEYS.map((key) => trial.message(`later-${key}`, { key, topic: second }));
    await trial.bus.publish(later);
    const again = trial.watch({ group: 'idle', topics: [second], from: idle.remembered });
    await again.untilHas(idsOf(later));
    assert.deepEqual([...new Set([...idle.ids(), ...again.ids()])].sort(), idsOf(later).sort());
  }),

  clause('a source that is not named starts at its beginning, also for a group that was here before', async (trial) => {
    const all = messagesOfAllKeys(trial, 'm', 10);
    await trial.bus.publish(all);
    const before = trial.watch();
    await before.untilHas(idsOf(all));
    await trial.within('close', before.consumption.close());
    for (const from of [{}, { 'another-source': '9999', __proto__: null } as unknown as Record<string, string>]) {
      const watcher = trial.watch({ from });
      await watcher.untilHas(idsOf(all));
      await trial.within('close', watcher.consumption.close());
    }
  }),

  clause('a throw ends the consumption with its error, and the batch comes again', async (trial) => {
    const all = messagesOfAllKeys(trial, 'm', 20);
    await trial.bus.publish(all);
    const fault = new Error('planned');
    let calls = 0;
    const failing = trial.watch({ batchMessagesMax: 5 }, async () => {
      if (++calls === 2) throw fault;
    });
    const ended = await trial.within(
      'the end',
      failing.consumption.ended.then(
        () => 'resolved',
        (error: unknown) => error,
      ),
    );
    assert.equal(ended, fault);
    const beside = trial.watch({ group: 'beside' });
    await trial.bus.publish([trial.message('later')]);
    await beside.untilHas(['later']);
    assert.equal(calls, 2, 'called again after the throw');
    await trial.within('close after the end', failing.consumption.close());
    const lost = failing.batches[1]?.messages ?? [];
    const again = trial.watch({ from: failing.remembered });
    await again.untilHas([...idsOf(lost), 'later']);
    assert.deepEqual([...new Set([...idsOf(failing.batches[0]?.messages ?? []), ...again.ids()])].sort(), [...idsOf(all), 'later'].sort());
  }),

  clause('the next batch waits until the one before is done', async (trial) => {
    const gate = trial.gate();
    let under = 0;
    let mostUnder = 0;
    const slow = trial.watch({ group: 'slow', batchMessagesMax: 3 }, async () => {
      mostUnder = Math.max(mostUnder, ++under);
      await gate.opened;
      under--;
    });
    const beside = trial.watch({ group: 'beside', batchMessagesMax: 3 });
    const all = messagesOfAllKeys(trial, 'm', 15);
    await trial.bus.publish(all.slice(0, 5));
    await slow.until('the first batch', () => slow.batches.length > 0);
    await trial.bus.publish(all.slice(5));
    await beside.untilHas(idsOf(all));
    assert.equal(slow.batches.length, 1, 'batches handed over while the first was under way');
    gate.open();
    await slow.untilHas(idsOf(all));
    assert.equal(mostUnder, 1);
  }),

  clause('groups do not disturb each other: each gets everything, whoever is slow, failed or closed', async (trial) => {
    const gate = trial.gate();
    const slow = trial.watch({ group: 'slow' }, () => gate.opened);
    const failed = trial.watch({ group: 'failed' }, () => Promise.reject(new Error('planned')));
    const closed = trial.watch({ group: 'closed' });
    await trial.within('close', closed.consumption.close());
    const quick = trial.watch({ group: 'quick' });
    const all = messagesOfAllKeys(trial, 'm', 20);
    await trial.bus.publish(all);
    await trial.within(
      'the failure',
      failed.consumption.ended.catch(() => undefined),
    );
    await quick.untilHas(idsOf(all));
    const late = trial.watch({ group: 'late' });
    await late.untilHas(idsOf(all));
    gate.open();
    await slow.untilHas(idsOf(all));
  }),

  clause('close waits for the batch under way, then nothing comes; twice is as good as once', async (trial) => {
    const gate = trial.gate();
    let done = false;
    const watcher = trial.watch({ batchMessagesMax: 2 }, async () => {
      await gate.opened;
      done = true;
    });
    await trial.bus.publish(messagesOfAllKeys(trial, 'm', 10));
    await watcher.until('the first batch', () => watcher.batches.length > 0);
    const order: string[] = [];
    const closing = watcher.consumption.close().then(() => order.push(done ? 'closed after the batch' : 'closed before the batch'));
    const twice = watcher.consumption.close();
    const beside = trial.watch({ group: 'beside' });
    await beside.untilHas(['m-9']);
    assert.deepEqual(order, []);
    gate.open();
    await assert.doesNotReject(trial.within('close', Promise.all([closing, twice, watcher.consumption.ended])));
    assert.deepEqual(order, ['closed after the batch']);
    await trial.bus.publish([trial.message('later')]);
    await beside.untilHas(['later']);
    assert.equal(watcher.batches.length, 1, 'batches after close');
    await assert.doesNotReject(trial.within('close again', watcher.consumption.close()));
  }),

  clause(
    'what was published, and where a consumer had got to, holds after the bus was started anew',
    async (trial) => {
      const all = messagesOfAllKeys(trial, 'm', 20);
      await trial.bus.publish(all.slice(0, 10));
      const before = trial.watch();
      await before.untilHas(idsOf(all.slice(0, 10)));
      await trial.within('close', before.consumption.close());
      await trial.bus.publish(all.slice(10));
      const anew = await trial.reopen();
      const after = anew.watch({ from: before.remembered });
      const whole = anew.watch({ group: 'whole' });
      await after.untilHas(idsOf(all.slice(10)));
      await whole.untilHas(idsOf(all));
      assert.deepEqual(
        after.ids().filter((id) => before.ids().includes(id)),
        [],
        'came again',
      );
      await anew.bus.publish([anew.message('anew')]);
      await after.untilHas(['anew']);
    },
    { reopens: true },
  ),
];
