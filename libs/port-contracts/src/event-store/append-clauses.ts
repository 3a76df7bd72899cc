import assert from 'node:assert/strict';
import { clause, type EventStoreClause } from './clause';
import { appendOf, assertSame, everything, event, idsOf, mustAppend } from './samples';

/** What appending promises. */
export const appendClauses: readonly EventStoreClause[] = [
  clause('an append answers the last revision and position, and every later read sees it', async ({ store }) => {
    const first = await mustAppend(store, appendOf('s', 'no-stream', 'a', 'b'));
    assertSame(idsOf(await store.readStream('s')), ['a', 'b'], 'the stream right after the answer');
    const second = await mustAppend(store, appendOf('s', 1, 'c'));
    assert.deepEqual([first.revision, second.revision], [1, 2]);
    const events = await everything(store);
    assertSame(idsOf(events), ['a', 'b', 'c'], 'all events right after the answer');
    assert.deepEqual([events[1]?.position, events[2]?.position], [first.position, second.position], 'positions answered and read');
  }),

  clause('revisions are 0, 1, 2 … without gaps, in the order given', async ({ store }) => {
    await mustAppend(store, appendOf('s', 'no-stream', 'a', 'b', 'c'));
    await mustAppend(store, appendOf('other', 'no-stream', 'x'));
    await mustAppend(store, appendOf('s', 2, 'd', 'e'));
    const events = await store.readStream('s');
    assertSame(idsOf(events), ['a', 'b', 'c', 'd', 'e'], 'order of the stream');
    assertSame(
      events.map(({ revision }) => revision),
      [0, 1, 2, 3, 4],
      'revisions of the stream',
    );
  }),

  clause('an append that expects another revision is refused with the actual one, and writes nothing', async ({ store }) => {
    assert.deepEqual(await store.append(appendOf('s', 0, 'x')), { outcome: 'conflict', actual: 'no-stream' });
    await mustAppend(store, appendOf('s', 'no-stream', 'a', 'b'));
    for (const expected of ['no-stream', 0, 2, 7] as const) {
      assert.deepEqual(await store.append(appendOf('s', expected, 'x', 'y')), { outcome: 'conflict', actual: 1 }, `expecting ${expected}`);
    }
    assertSame(idsOf(await everything(store)), ['a', 'b'], 'all events after refusals');
  }),

  clause('of concurrent appends that expect the same revision exactly one is stored', async ({ store }) => {
    await mustAppend(store, appendOf('s', 'no-stream', 'first'));
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, writer) => store.append(appendOf('s', 0, `w${writer}`))));
    assert.equal(outcomes.filter(({ outcome }) => outcome === 'appended').length, 1, 'writers that won');
    assert.equal((await store.readStream('s')).length, 2, 'events in the stream');
  }),

  clause('appendMany decides each append on its own and answers in the order given', async ({ store }) => {
    await mustAppend(store, appendOf('taken', 'no-stream', 'a'));
    const outcomes = await store.appendMany([
      appendOf('new', 'no-stream', 'n1', 'n2'),
      appendOf('taken', 'no-stream', 'x', 'y'),
      appendOf('another', 'no-stream', 'm'),
    ]);
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ['appended', 'conflict', 'appended'],
    );
    assertSame(idsOf(await store.readStream('taken')), ['a'], 'the refused stream');
    assertSame(idsOf(await everything(store)), ['a', 'n1', 'n2', 'm'], 'all events');
    assert.deepEqual(await store.appendMany([]), []);
  }),

  clause('the same stream may come twice in one appendMany; order counts', async ({ store }) => {
    const outcomes = await store.appendMany([
      appendOf('s', 'no-stream', 'a'),
      appendOf('s', 0, 'b'),
      appendOf('s', 0, 'c'),
      appendOf('s', 1, 'd'),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.outcome === 'appended' ? outcome.revision : `conflict ${outcome.actual}`)),
      [0, 1, 'conflict 1', 2],
    );
    assertSame(idsOf(await store.readStream('s')), ['a', 'b', 'd'], 'the stream');
  }),

  clause('an append without events is refused', async ({ store }) => {
    await assert.rejects(async () => store.append({ streamId: 's', expected: 'no-stream', events: [] }));
    assertSame(await everything(store), [], 'all events');
  }),

  clause('a stream id is only data: no two different ids share a stream', async ({ store }) => {
    const ids = [
      '__proto__',
      'constructor',
      'toString',
      'a',
      'A',
      'a ',
      "'; --",
      '{"$gt":""}',
      '../x',
      '顾客-一',
      '👩‍👩‍👧',
      'e\u0301',
      '\u00e9',
      'x'.repeat(300),
    ];
    for (const [index, id] of ids.entries()) {
      assertSame(await store.readStream(id), [], `stream ${id} before its first event`);
      await mustAppend(store, appendOf(id, 'no-stream', `event-${index}`));
    }
    for (const [index, id] of ids.entries()) {
      const events = await store.readStream(id);
      assertSame(
        events.map((stored) => [stored.id, stored.streamId]),
        [[`event-${index}`, id]],
        `stream ${id}`,
      );
    }
  }),

  clause('data and envelope come back as they were given', async ({ store }) => {
    const hostile = JSON.parse('{"__proto__":{"polluted":true},"constructor":"c","$gt":""}') as { [key: string]: string };
    const data = {
      ...{ none: null, no: false, zero: 0, deep: [[{ a: [1, 2.5, -3] }]], text: '\u0000\ud83d\udc4d\u2028"\\顾客', empty: {} },
      hostile,
    };
    const full = { ...event('full', data), causationId: 'cause', traceparent: '00-aa-bb-01', store: 'st-1' };
    await mustAppend(store, { streamId: 's', expected: 'no-stream', events: [full, event('plain')] });
    for (const [first, second] of [await store.readStream('s'), await everything(store)]) {
      assert(first && second);
      const { recordedAt, position, ...rest } = first;
      assertSame(rest, { ...full, streamId: 's', revision: 0 }, 'the event with everything');
      assert.equal(new Date(recordedAt).toISOString(), recordedAt, 'recordedAt is ISO 8601 in UTC');
      assert(position < second.position, 'positions ascend');
      assert.deepEqual([second.causationId, second.traceparent, second.store], [undefined, undefined, undefined], 'what was not given');
    }
  }),

  clause('large events come back whole', async ({ store }) => {
    const large = event('large', { text: '多'.repeat(100_000), tail: 'end' });
    await mustAppend(store, { streamId: 's', expected: 'no-stream', events: [event('before'), large, event('after')] });
    const events = await store.readStream('s');
    assertSame(events[1]?.data, large.data, 'data of the large event');
    assertSame(idsOf(await everything(store)), ['before', 'large', 'after'], 'all events');
  }),
];
