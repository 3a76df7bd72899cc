import assert from 'node:assert/strict';
import { clause, type EventStoreClause, type Trial } from './clause';
import { Recorder } from './recorder';
import { appendOf, assertSame, everything, fill, idsOf, mustAppend } from './samples';

/** Appends one event and waits until a new subscriber has got everything: what others should have got, they have by then. */
async function barrier({ store, within }: Trial, id: string): Promise<void> {
  await mustAppend(store, appendOf(`barrier-${id}`, 'no-stream', id));
  const last = new Recorder();
  const subscription = store.subscribe(last.options());
  await within('a new subscriber gets everything', last.got((await everything(store)).length));
  await subscription.close();
}

/** What subscribing promises. */
export const subscribeClauses: readonly EventStoreClause[] = [
  clause('a subscription catches up from the first event and goes on live, without gap or double', async (trial) => {
    await fill(trial.store, 2, 5);
    const recorder = new Recorder();
    const subscription = trial.store.subscribe(recorder.options({ batchEventsMax: 3 }));
    await trial.within('catching up', recorder.got(10));
    for (let index = 0; index < 10; index++) {
      await mustAppend(trial.store, appendOf(`live-${index}`, 'no-stream', `live-${index}/0`, `live-${index}/1`));
      if (index % 3 === 0) await trial.within('a live event', recorder.got(12 + 2 * index));
    }
    await trial.within('live events', recorder.got(30));
    await barrier(trial, 'end');
    await trial.within('the last event', recorder.got(31));
    await subscription.close();
    assertSame(recorder.events, await everything(trial.store), 'events handed over and events in the store');
  }),

  clause('events stored while a subscription catches up come once and in order', async (trial) => {
    await fill(trial.store, 1, 40);
    const recorder = new Recorder();
    const subscription = trial.store.subscribe(recorder.options({ batchEventsMax: 2 }));
    for (let index = 0; index < 40; index++) await mustAppend(trial.store, appendOf(`new-${index}`, 'no-stream', `new-${index}`));
    await trial.within('all events', recorder.got(80));
    await barrier(trial, 'end');
    await trial.within('the last event', recorder.got(81));
    await subscription.close();
    assertSame(recorder.ids, idsOf(await everything(trial.store)), 'events handed over and events in the store');
  }),

  clause('a subscription from any position gets exactly what follows it', async (trial) => {
    await fill(trial.store, 2, 4);
    const events = await everything(trial.store);
    const recorders = events.map(() => new Recorder());
    const subscriptions = events.map(({ position }, index) =>
      trial.store.subscribe((recorders[index] as Recorder).options({ after: position })),
    );
    await barrier(trial, 'end');
    for (const [index, recorder] of recorders.entries()) {
      const expected = [...idsOf(events.slice(index + 1)), 'end'];
      await trial.within(`events after event ${index}`, recorder.got(expected.length));
      assertSame(recorder.ids, expected, `after event ${index}`);
    }
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
  }),

  clause(
    'a subscription goes on from its position after a restart',
    async (trial) => {
      await fill(trial.store, 1, 5);
      const { position } = (await everything(trial.store))[2] as { position: string };
      await trial.reopen();
      const recorder = new Recorder();
      const subscription = trial.store.subscribe(recorder.options({ after: position }));
      await mustAppend(trial.store, appendOf('s-0', 4, 's-0/5'));
      await trial.within('events after the restart', recorder.got(3));
      await subscription.close();
      assertSame(recorder.ids, ['s-0/3', 's-0/4', 's-0/5'], 'events after the position');
    },
    { reopens: true },
  ),

  clause('one batch at a time, of no more events than asked for: the next waits for the handler', async (trial) => {
    await fill(trial.store, 1, 6);
    const recorder = new Recorder();
    let running = 0;
    const held = trial.gate();
    const subscription = trial.store.subscribe({
      batchEventsMax: 2,
      onBatch: async (events) => {
        assert.equal(++running, 1, 'handlers running at once');
        if (recorder.events.length === 2) await held.opened;
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        recorder.take(events);
      },
    });
    await trial.within('the first batch', recorder.got(2));
    await barrier(trial, 'end');
    assert.equal(recorder.events.length, 2, 'events handed over while the handler holds the second batch');
    held.open();
    await trial.within('the other batches', recorder.got(7));
    await subscription.close();
    await trial.within('the end of the subscription', subscription.ended);
    assert(Math.max(...recorder.batchSizes) <= 2, `batches of ${recorder.batchSizes.join()} events`);
  }),

  clause('a handler that throws ends its subscription with that error, and no other', async (trial) => {
    await fill(trial.store, 1, 3);
    const fault = new Error('the handler failed');
    let calls = 0;
    const failing = trial.store.subscribe({
      batchEventsMax: 1,
      onBatch: async () => {
        if (++calls === 2) throw fault;
      },
    });
    const recorder = new Recorder();
    const healthy = trial.store.subscribe(recorder.options());
    await assert.rejects(trial.within('the end of the failing subscription', failing.ended), (error) => error === fault);
    await barrier(trial, 'end');
    await trial.within('events of the healthy subscriber', recorder.got(4));
    assert.equal(calls, 2, 'calls of the failing handler');
    await failing.close();
    await healthy.close();
    await trial.within('the end of the healthy subscription', healthy.ended);
  }),

  clause('close waits for the batch under way and ends the subscription', async (trial) => {
    await fill(trial.store, 1, 4);
    const recorder = new Recorder();
    const begun = trial.gate();
    const held = trial.gate();
    const subscription = trial.store.subscribe({
      batchEventsMax: 1,
      onBatch: async (events) => {
        begun.open();
        await held.opened;
        recorder.take(events);
      },
    });
    await trial.within('the first batch', begun.opened);
    let closed = false;
    const closing = subscription.close().then(() => {
      closed = true;
    });
    await barrier(trial, 'first');
    assert.equal(closed, false, 'closed while the handler was running');
    held.open();
    await trial.within('close', closing);
    assert.equal(recorder.events.length, 1, 'the batch under way was finished');
    await trial.within('the end', subscription.ended);
    await trial.within('a second close', subscription.close());
    await barrier(trial, 'second');
    assert.equal(recorder.events.length, 1, 'events handed over after close');
  }),

  clause('a slow subscriber holds up nobody', async (trial) => {
    const held = trial.gate();
    const slow = new Recorder();
    const subscription = trial.store.subscribe({
      onBatch: async (events) => {
        await held.opened;
        slow.take(events);
      },
    });
    const quick = new Recorder();
    const other = trial.store.subscribe(quick.options());
    for (let index = 0; index < 5; index++) {
      await trial.within('an append', mustAppend(trial.store, appendOf(`s-${index}`, 'no-stream', `e-${index}`)));
      await trial.within('a live event', quick.got(index + 1));
    }
    assert.equal(slow.events.length, 0);
    held.open();
    await trial.within('events of the slow subscriber', slow.got(5));
    await Promise.all([subscription.close(), other.close()]);
    assertSame(slow.ids, quick.ids, 'events of both');
  }),

  clause('the subscriber is told when it has caught up', async (trial) => {
    await fill(trial.store, 1, 3);
    const recorder = new Recorder();
    const told = trial.gate();
    const onCaughtUp = () => {
      recorder.caughtUpAt.push(recorder.events.length);
      told.open();
    };
    const subscription = trial.store.subscribe(recorder.options({ batchEventsMax: 1, onCaughtUp }));
    await trial.within('having caught up', told.opened);
    await subscription.close();
    assert.equal(recorder.caughtUpAt[0], 3, 'events handed over when first told');
  }),
];
