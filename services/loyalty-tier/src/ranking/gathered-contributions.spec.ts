import { fixedClock } from '@regulars/kernel';
import { position } from '../spec-support/purchases';
import { KnownStores } from '../store/known-stores';
import { GatheredContributions } from './gathered-contributions';
import type { Task } from './messages';
import type { Outcome } from './question-board';

const STATS = { customers: 0, rows: 0, segments: 0, memoryBytes: 0, diskBytes: 0 };
const DIGEST = { digest: '0'.repeat(64), customers: 0, rows: 0 };
const ANSWERED: Outcome = { outcome: 'answered', result: { kind: 'digest', digest: DIGEST } };

interface Call {
  readonly at: string;
  readonly task: Task;
  readonly answer: (outcome: Outcome) => void;
}

/** Answers gathered from partitions that the spec plays. */
async function gathered(first = 1) {
  const stores = new KnownStores();
  await stores.begin(['stores']);
  const pass = (n: number) => stores.pass('stores', { logPosition: position(n), observedAt: '2026-06-01T12:00:00.000Z' });
  if (first > 0) pass(first);
  const calls: Call[] = [];
  const clock = fixedClock(0);
  const source = new GatheredContributions({
    ask: (at, task) => new Promise((answer) => calls.push({ at, task, answer })),
    stores,
    stats: () => STATS,
    clock,
    patience: { attemptMs: 50, attempts: 3 },
  });
  const call = async (n: number): Promise<Call> => {
    for (let i = 0; calls.length <= n; i++) {
      if (i === 1_000) throw new Error(`there is no call ${n}`);
      await Promise.resolve();
    }
    return calls[n]!;
  };
  return { source, pass, calls, call, clock };
}

const days = { fromDay: 0, toDay: 1, count: 'all' as const, percents: [100] };

test('the same question at the same position is asked once, and not for ever', async () => {
  const { source, call, calls, clock, pass } = await gathered();
  const both = Promise.all([source.digestAtPosition(), source.digest()]);
  (await call(0)).answer(ANSWERED);
  expect(await both).toEqual([{ ...DIGEST, position: position(1) }, DIGEST]);
  await source.digest();
  expect(calls).toHaveLength(1);
  pass(2);
  const next = source.digestAtPosition();
  (await call(1)).answer(ANSWERED);
  expect((await next).position).toBe(position(2));
  clock.advance(10_000);
  const later = source.digest();
  (await call(2)).answer(ANSWERED);
  await later;
});

test('partitions that have passed a position are asked anew at one they have not', async () => {
  const { source, call, pass } = await gathered();
  const asked = source.digestAtPosition();
  (await call(0)).answer({ outcome: 'declined', reason: 'passed', standsAt: position(3) });
  pass(2);
  pass(4);
  const second = await call(1);
  expect(second.at).toBe(position(4));
  second.answer(ANSWERED);
  expect((await asked).position).toBe(position(4));
});

test('after three attempts it is said that the partitions do not answer', async () => {
  const { source, call, calls } = await gathered();
  const asked = source.digest();
  for (let attempt = 0; attempt < 3; attempt++) (await call(attempt)).answer({ outcome: 'late' });
  await expect(asked).rejects.toMatchObject({ code: 'platform.busy' });
  expect(calls).toHaveLength(3);
});

test('before anything is known of the log, it is said so', async () => {
  const { source } = await gathered(0);
  await expect(source.digest()).rejects.toMatchObject({ code: 'platform.not-ready' });
});

test('four questions are under way, more wait, and beyond that they are refused', async () => {
  const { source, calls, call } = await gathered();
  const ask = (toDay: number) => source.ranked({ ...days, toDay, scope: { kind: 'chain' } });
  const asked = Array.from({ length: 68 }, (_, i) => ask(i));
  await expect(ask(99)).rejects.toMatchObject({ code: 'platform.busy' });
  expect(calls).toHaveLength(4);
  const ranking = { customers: 0, cumulative: [0], bands: [] };
  for (let i = 0; i < 68; i++) (await call(i)).answer({ outcome: 'answered', result: { kind: 'ranking', ranking, subjectKnown: false } });
  expect((await Promise.all(asked)).map(({ positions }) => positions)).toEqual(Array(68).fill({ log: position(1) }));
});

test('scopes that nobody knows, and amounts too large to be told, are refused', async () => {
  const { source, call, calls } = await gathered();
  await expect(source.ranked({ ...days, scope: { kind: 'store', name: 's9' } })).rejects.toMatchObject({ code: 'pyramid.scope' });
  await expect(source.ranked({ ...days, scope: { kind: 'region', name: 'r9' } })).rejects.toMatchObject({ code: 'pyramid.scope' });
  expect(calls).toHaveLength(0);
  const category = source.ranked({ ...days, scope: { kind: 'category', name: 'none' } });
  (await call(0)).answer({ outcome: 'answered', result: { kind: 'category-unknown' } });
  await expect(category).rejects.toMatchObject({ code: 'pyramid.scope', message: 'There is no category of this name' });
  const large = source.ranked({ ...days, scope: { kind: 'chain' } });
  (await call(1)).answer({ outcome: 'declined', reason: 'amount' });
  await expect(large).rejects.toThrow('9,007,199,254,740,991');
});
