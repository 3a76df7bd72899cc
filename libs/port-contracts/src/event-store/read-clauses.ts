import assert from 'node:assert/strict';
import { clause, type EventStoreClause } from './clause';
import { appendOf, assertSame, everything, fill, idsOf, mustAppend } from './samples';

/** What reading promises. */
export const readClauses: readonly EventStoreClause[] = [
  clause('an empty store has no head, no events and no streams', async ({ store }) => {
    assert.equal(await store.head(), undefined);
    assertSame(await everything(store), [], 'all events');
    assertSame(await store.readStream('s'), [], 'a stream');
    assertSame(await store.readStream('s', { direction: 'backwards', limit: 1 }), [], 'a stream backwards');
  }),

  clause('a stream is read forwards and backwards, up to a limit', async ({ store }) => {
    await fill(store, 2, 5);
    const ids = ['s-1/0', 's-1/1', 's-1/2', 's-1/3', 's-1/4'];
    const backwards = [...ids].reverse();
    assertSame(idsOf(await store.readStream('s-1')), ids, 'by default');
    assertSame(idsOf(await store.readStream('s-1', { direction: 'forwards', limit: 2 })), ids.slice(0, 2), 'the oldest two');
    assertSame(idsOf(await store.readStream('s-1', { direction: 'backwards' })), backwards, 'backwards');
    assertSame(idsOf(await store.readStream('s-1', { direction: 'backwards', limit: 2 })), backwards.slice(0, 2), 'the newest two');
    assertSame(idsOf(await store.readStream('s-1', { limit: 50 })), ids, 'with a limit above what is there');
  }),

  clause('everything is read once, in the order it was stored, with positions that ascend', async ({ store }) => {
    await fill(store, 3, 4);
    const events = await everything(store);
    const expected = [0, 1, 2, 3].flatMap((revision) => [0, 1, 2].map((stream) => `s-${stream}/${revision}`));
    assertSame(idsOf(events), expected, 'order of everything');
    events.reduce((before, next) => {
      assert(next.position > before.position, `position ${next.position} after ${before.position}`);
      return next;
    });
  }),

  clause('reading from any position gives exactly what follows it', async ({ store }) => {
    await fill(store, 2, 6);
    const events = await everything(store);
    for (const [index, { position }] of events.entries()) {
      assertSame(idsOf(await everything(store, position, 4)), idsOf(events.slice(index + 1)), `after event ${index}`);
    }
  }),

  clause('batches are never larger than asked for, never empty', async ({ store }) => {
    await fill(store, 1, 7);
    for (const batchEventsMax of [1, 3, 7, 100]) {
      const sizes: number[] = [];
      for await (const batch of store.readAll(undefined, batchEventsMax)) sizes.push(batch.length);
      assert(
        sizes.every((size) => size >= 1 && size <= batchEventsMax),
        `sizes ${sizes.join()} with at most ${batchEventsMax}`,
      );
      assert.equal(
        sizes.reduce((sum, size) => sum + size, 0),
        7,
      );
    }
  }),

  clause('head is the position of the last event', async ({ store }) => {
    const { position } = await mustAppend(store, appendOf('s', 'no-stream', 'a', 'b'));
    assert.equal(await store.head(), position);
    const { position: next } = await mustAppend(store, appendOf('t', 'no-stream', 'c'));
    assert.equal(await store.head(), next);
    await store.append(appendOf('t', 'no-stream', 'x'));
    assert.equal(await store.head(), next, 'after a refusal');
  }),

  clause('readers see an append whole or not at all', async ({ store }) => {
    let writing = true;
    const write = async () => {
      for (let round = 0; round < 30; round++)
        await mustAppend(store, appendOf(`s-${round}`, 'no-stream', `${round}/0`, `${round}/1`, `${round}/2`));
    };
    const writer = write().finally(() => {
      writing = false;
    });
    try {
      while (writing) {
        const seen = await everything(store);
        assert.equal(seen.length % 3, 0, `${seen.length} events seen of appends of three`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      await writer;
    }
  }),

  clause(
    'what was acknowledged is there after a restart, in the same order and places, and streams go on',
    async (trial) => {
      await fill(trial.store, 3, 3);
      const before = await everything(trial.store);
      await trial.reopen();
      assertSame(await everything(trial.store), before, 'all events after the restart');
      assert.equal(await trial.store.head(), before.at(-1)?.position);
      const next = await mustAppend(trial.store, appendOf('s-1', 2, 'later'));
      assert.equal(next.revision, 3);
      assert(next.position > (before.at(-1)?.position ?? ''), 'a new event lies behind the old ones');
      assertSame(idsOf(await trial.store.readStream('s-1')), ['s-1/0', 's-1/1', 's-1/2', 'later'], 'the stream after the restart');
    },
    { reopens: true },
  ),

  clause(
    'close finishes what was accepted',
    async (trial) => {
      const accepted = Array.from({ length: 50 }, (_, index) => trial.store.append(appendOf(`s-${index}`, 'no-stream', `e-${index}`)));
      await new Promise((resolve) => setImmediate(resolve));
      await trial.store.close();
      const outcomes = await trial.within('answers after close', Promise.allSettled(accepted));
      await trial.reopen();
      const there = new Set(idsOf(await everything(trial.store)));
      outcomes.forEach((outcome, index) => {
        assert.equal(there.has(`e-${index}`), outcome.status === 'fulfilled', `event ${index} is there if and only if it was acknowledged`);
      });
      assert(there.size > 0, 'events that had been accepted');
    },
    { reopens: true },
  ),
];
