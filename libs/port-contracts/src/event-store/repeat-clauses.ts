import assert from 'node:assert/strict';
import { clause, type EventStoreClause, type Trial } from './clause';
import { appendOf, assertSame, everything, idsOf, mustAppend } from './samples';

async function repeatIsNoWrite({ store }: Trial, position: string, expectedIds: readonly string[]): Promise<void> {
  const repeated = await store.append(appendOf('s', 0, 'b', 'c'));
  assert.deepEqual(repeated, { outcome: 'appended', revision: 2, position, repeated: true });
  assertSame(idsOf(await everything(store)), expectedIds, 'all events after the repeat');
}

/** What repeating an append promises. */
export const repeatClauses: readonly EventStoreClause[] = [
  clause('a repeated append writes nothing and answers the first result', async (trial) => {
    await mustAppend(trial.store, appendOf('s', 'no-stream', 'a'));
    const { position } = await mustAppend(trial.store, appendOf('s', 0, 'b', 'c'));
    await repeatIsNoWrite(trial, position, ['a', 'b', 'c']);
  }),

  clause('a repeat is still one after the stream has gone on', async (trial) => {
    await mustAppend(trial.store, appendOf('s', 'no-stream', 'a'));
    const { position } = await mustAppend(trial.store, appendOf('s', 0, 'b', 'c'));
    await mustAppend(trial.store, appendOf('s', 2, 'd', 'e'));
    await repeatIsNoWrite(trial, position, ['a', 'b', 'c', 'd', 'e']);
    const first = await trial.store.append(appendOf('s', 'no-stream', 'a'));
    assert(first.outcome === 'appended' && first.repeated && first.revision === 0, 'the repeat of the first append');
  }),

  clause(
    'a repeat is still one after a restart',
    async (trial) => {
      await mustAppend(trial.store, appendOf('s', 'no-stream', 'a'));
      const { position } = await mustAppend(trial.store, appendOf('s', 0, 'b', 'c'));
      await mustAppend(trial.store, appendOf('s', 2, 'd'));
      await trial.reopen();
      await repeatIsNoWrite(trial, position, ['a', 'b', 'c', 'd']);
    },
    { reopens: true },
  ),

  clause('the same append from many at once is written once', async ({ store }) => {
    const append = appendOf('s', 'no-stream', 'a', 'b');
    const outcomes = [
      ...(await Promise.all(Array.from({ length: 10 }, () => store.append(append)))),
      ...(await store.appendMany([append, append])),
    ];
    assert.equal(outcomes.filter((outcome) => outcome.outcome === 'appended' && !outcome.repeated).length, 1, 'writes');
    assert.equal(
      new Set(outcomes.map((outcome) => outcome.outcome === 'appended' && outcome.position)).size,
      1,
      'different positions answered',
    );
    assertSame(idsOf(await everything(store)), ['a', 'b'], 'all events');
  }),

  clause('only the same ids at the same place are a repeat', async ({ store }) => {
    await mustAppend(store, appendOf('s', 'no-stream', 'a', 'b', 'c'));
    const conflict = { outcome: 'conflict', actual: 2 };
    assert.deepEqual(await store.append(appendOf('s', 'no-stream', 'a', 'x')), conflict, 'the second id differs');
    assert.deepEqual(await store.append(appendOf('s', 'no-stream', 'x', 'b')), conflict, 'the first id differs');
    assert.deepEqual(await store.append(appendOf('s', 0, 'a', 'b')), conflict, 'the place differs');
    assert.deepEqual(await store.append(appendOf('s', 0, 'b', 'c', 'd')), conflict, 'only a part is there');
    assertSame(idsOf(await everything(store)), ['a', 'b', 'c'], 'all events');
  }),
];
