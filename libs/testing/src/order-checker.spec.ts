import { checkHistory, type HistoryEntry, mergeHistories, readHistory, writeHistory } from './order-checker';

const published = (...ids: readonly string[]): HistoryEntry[] => ids.map((id) => ({ kind: 'published', key: keyOf(id), id }));
const keyOf = (id: string) => id.split('-')[0] ?? '';
const began = (id: string, consumer = 'a'): HistoryEntry => ({ kind: 'began', consumer, key: keyOf(id), id });
const handled = (id: string, consumer = 'a', applied?: boolean): HistoryEntry => {
  const entry = { kind: 'finished', consumer, key: keyOf(id), id, outcome: 'handled' } as const;
  return applied === undefined ? entry : { ...entry, applied };
};
const failed = (id: string): HistoryEntry => ({ kind: 'finished', consumer: 'a', key: keyOf(id), id, outcome: 'failed' });
const parked = (id: string): HistoryEntry => ({ kind: 'parked', key: keyOf(id), id });
const whole = (id: string, consumer = 'a') => [began(id, consumer), handled(id, consumer)];
const problems = (...history: readonly (HistoryEntry | readonly HistoryEntry[])[]) => checkHistory(history.flat()).problems;

describe('a history in order', () => {
  it('may interleave keys, repeat, fail, crash, move to another consumer and be re-driven', () => {
    const history: HistoryEntry[] = [
      ...published('ann-1', 'bob-1', 'ann-2', 'bob-2', 'cem-1', 'cem-2'),
      began('ann-1'),
      ...whole('bob-1', 'b'),
      failed('ann-1'),
      ...whole('ann-1'),
      began('ann-2'),
      { kind: 'crashed', consumer: 'a' },
      ...whole('ann-1', 'b'),
      ...whole('ann-2', 'b'),
      ...whole('bob-2', 'b'),
      began('cem-1'),
      failed('cem-1'),
      parked('cem-1'),
      parked('cem-2'),
      ...whole('cem-1'),
    ];
    expect(checkHistory(history)).toEqual({ problems: [], published: 6, handled: 5, parked: 1, repeated: 1 });
    expect(checkHistory(readHistory(writeHistory(history))).problems).toEqual([]);
  });
});

describe('a planted fault', () => {
  const sent = published('ann-1', 'ann-2', 'bob-1');

  it.each([
    ['disorder', [...sent, ...whole('ann-2'), ...whole('ann-1'), ...whole('bob-1')], 'a began ann-2 of ann before ann-1 was handled'],
    [
      'disorder after a crash',
      [...sent, began('ann-1'), { kind: 'crashed', consumer: 'a' } as const, ...whole('ann-2'), ...whole('bob-1')],
      'a began ann-2 of ann before ann-1 was handled',
    ],
    ['loss', [...sent, ...whole('ann-1'), ...whole('ann-2')], 'bob-1 of bob is lost: neither handled nor parked'],
    ['loss at the end of a key', [...sent, ...whole('ann-1'), ...whole('bob-1')], 'ann-2 of ann is lost: neither handled nor parked'],
    [
      'a successor of poison that is not parked',
      [...sent, parked('ann-1'), ...whole('ann-2'), ...whole('bob-1')],
      'a began ann-2 of ann before ann-1 was handled',
    ],
    ['overlap', [...sent, ...whole('bob-1'), began('ann-1'), began('ann-1')], 'a began ann-1 of ann while ann-1 was under way'],
    [
      'a double effect',
      [...sent, ...whole('ann-2'), began('bob-1'), handled('bob-1', 'a', true), began('bob-1'), handled('bob-1', 'a', true)],
      'bob-1 of bob took effect 2 times',
    ],
    ['an invented message', [...sent, began('zoe-1')], 'zoe-1 of zoe was never published'],
    ['an end without a beginning', [...sent, handled('ann-1')], 'a finished ann-1 of ann, which it had not begun'],
  ])('is found: %s', (_, history, problem) => {
    expect(problems(history)).toContain(problem);
  });

  it('is found though it happened in two processes', () => {
    const at = (entries: readonly HistoryEntry[], ...times: readonly number[]) =>
      entries.map((entry, index) => ({ ...entry, at: times[index] ?? 0 }));
    const one = at([...sent, ...whole('ann-1')], 0, 0, 0, 10, 40);
    const other = at([...whole('ann-2', 'b'), ...whole('bob-1', 'b')], 30, 31, 32, 33);
    expect(checkHistory(mergeHistories(one, other)).problems).toEqual(['b began ann-2 of ann before ann-1 was handled']);
  });

  it('in the recording itself is told by its line', () => {
    expect(() => readHistory(`${writeHistory(sent)}{"kind":"dreamt"}\n`)).toThrow('Line 4 of the history is no entry: unknown kind');
  });
});
