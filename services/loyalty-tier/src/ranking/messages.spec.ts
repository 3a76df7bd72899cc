import { rankingAnsweredV1, rankingAskedV1, rankingDeclinedV1 } from './messages';

const asked = { question: 'q', at: '5', askedAt: '2026-03-01T10:00:00.000Z', withinMs: 1_000, task: { kind: 'digest' } };

describe('messages of a newer version', () => {
  it.each([
    ['question', rankingAskedV1, asked],
    ['answer', rankingAnsweredV1, { question: 'q', source: 's/0', part: 0, parts: 1, content: { round: 'values', values: [1, 2] } }],
    ['refusal', rankingDeclinedV1, { question: 'q', source: 's/0', reason: 'passed', standsAt: '6' }],
  ])('are read where they say more: a %s', (_, { schema }, message) => {
    expect(schema.parse({ ...message, added: 1 })).toEqual(message);
  });

  it('are not guessed at where they ask for more', () => {
    expect(rankingAskedV1.schema.safeParse({ ...asked, task: { kind: 'digest', added: 1 } }).success).toBe(false);
  });
});
