import { fixedClock, type JsonObject } from '@regulars/kernel';
import { type Message, UNREADABLE_RECORD } from '@regulars/ports';
import { Lane } from '../contribution/ledger-workers';
import { position } from '../spec-support/purchases';
import type { Asked, Content } from './messages';
import { rankingAnsweredV1, rankingAskedV1, rankingDeclinedV1 } from './messages';
import type { OwnedSnapshots } from './owned-snapshots';
import { QuestionBoard } from './question-board';

const DIGEST = 'ab'.repeat(32);
const content = (rows: number): Content => ({ round: 'digest', digest: DIGEST, customers: 1, rows });
const NOTHING_OWNED: OwnedSnapshots = { owned: () => [], at: () => 'awaited' };

/** A board on its own; what it says is kept, and told to it only where the spec does so. */
function board(ledgers: OwnedSnapshots = NOTHING_OWNED, publish?: () => Promise<void>) {
  const said: Message[] = [];
  const faults: string[] = [];
  const clock = fixedClock(Date.parse('2026-06-01T12:00:00Z'));
  let ids = 0;
  const asking = new QuestionBoard({
    sources: ['a', 'b'],
    ledgers,
    lane: new Lane(1),
    publish: publish ?? (async (messages) => void said.push(...messages)),
    chain: 'main',
    clock,
    newId: () => `id-${ids++}`,
    report: (_, { reason }) => void faults.push(reason),
  });
  const tell = (type: string, data: unknown) => asking.handle({ type, data: data as JsonObject });
  const answer = (source: string, what: Content, part = 0, parts = 1) =>
    tell(rankingAnsweredV1.type, { question: 'id-0', source, part, parts, content: what });
  const asked = async (): Promise<Asked> => {
    while (said.length === 0) await Promise.resolve();
    return said[0]!.data as unknown as Asked;
  };
  return { asking, said, faults, clock, tell, answer, asked };
}

/** Asks for a digest, and lets the board hear of its own question. */
async function askedBoard(ledgers?: OwnedSnapshots) {
  const all = board(ledgers);
  const outcome = all.asking.ask(position(1), { kind: 'digest' }, 60_000);
  all.tell(rankingAskedV1.type, await all.asked());
  return { ...all, outcome };
}

test('the first answer of each partition counts; repeats, late and foreign ones do not', async () => {
  const { asking, answer, outcome, faults } = await askedBoard();
  answer('c', content(100));
  answer('a', content(2));
  answer('a', content(2));
  answer('b', content(3));
  expect(await outcome).toEqual({
    outcome: 'answered',
    result: { kind: 'digest', digest: { digest: expect.any(String), customers: 2, rows: 5 } },
  });
  answer('b', content(4));
  expect(faults).toEqual([]);
  expect(asking.size).toBe(0);
  asking.close();
});

test('two answers of one partition that differ are a fault, and the first one counts', async () => {
  const { asking, answer, outcome, faults } = await askedBoard();
  answer('a', content(2));
  answer('a', content(9));
  answer('a', content(2), 1, 2);
  answer('b', content(3));
  expect(faults).toEqual(Array(2).fill('two answers for partition a in round digest differ'));
  expect(await outcome).toMatchObject({ result: { digest: { rows: 5 } } });
  asking.close();
});

test('what is no message of the topic is reported and left out', async () => {
  const { asking, tell, faults } = await askedBoard();
  tell(rankingAskedV1.type, { question: 'q', at: position(1) });
  tell(rankingAnsweredV1.type, {
    question: 'id-0',
    source: 'a',
    part: 0,
    parts: 1,
    content: { round: 'digest', digest: 'short', customers: 1, rows: 1 },
  });
  tell('loyalty-tier.ranking-asked.v2', {});
  tell(UNREADABLE_RECORD, { reason: 'bytes', raw: '', encoding: 'utf8' });
  expect(faults).toEqual([
    'a message loyalty-tier.ranking-asked.v1 breaks its contract and was left out',
    'a message loyalty-tier.ranking-answered.v1 breaks its contract and was left out',
    'a message of an unknown type was left out',
    'a record on the rankings topic cannot be read',
  ]);
  expect(asking.size).toBe(1);
  asking.close();
});

test('a question of the past, read after a start, is nobody’s any more', async () => {
  const { asking, tell, clock } = board();
  const asked: Asked = { question: 'q', at: position(1), askedAt: '2026-06-01T12:00:00.000Z', withinMs: 10_000, task: { kind: 'digest' } };
  clock.advance(31_000);
  tell(rankingAskedV1.type, asked);
  expect(asking.size).toBe(0);
  tell(rankingAskedV1.type, { ...asked, askedAt: '2026-06-01T12:00:02.000Z' });
  expect(asking.size).toBe(1);
  asking.close();
});

test('a partition that has passed the position says so once, and whoever asked hears it', async () => {
  const { asking, said, tell, outcome } = await askedBoard({ owned: () => ['b'], at: () => ({ standsAt: position(9) }) });
  asking.moved();
  const declined = said.filter(({ type }) => type === rankingDeclinedV1.type);
  expect(declined.map(({ data }) => data)).toEqual([{ question: 'id-0', source: 'b', reason: 'passed', standsAt: position(9) }]);
  tell(rankingDeclinedV1.type, declined[0]!.data);
  expect(await outcome).toEqual({ outcome: 'declined', reason: 'passed', standsAt: position(9) });
  asking.close();
});

test('a question that nobody answers is late, and so is one that cannot be sent', async () => {
  const { asking } = board();
  expect(await asking.ask(position(1), { kind: 'digest' }, 1)).toEqual({ outcome: 'late' });
  const cut = board(NOTHING_OWNED, () => Promise.reject(new Error('the broker is gone')));
  expect(await cut.asking.ask(position(1), { kind: 'digest' }, 60_000)).toEqual({ outcome: 'late' });
  expect(cut.faults).toEqual(['a message cannot be sent: the broker is gone']);
});

test('no more questions are followed than there is room for', () => {
  const { asking, tell, faults } = board();
  const asked = { at: position(1), askedAt: '2026-06-01T12:00:00.000Z', withinMs: 60_000, task: { kind: 'digest' } };
  for (let i = 0; i < 130; i++) tell(rankingAskedV1.type, { ...asked, question: `q${i}` });
  expect(asking.size).toBe(128);
  expect(faults).toHaveLength(2);
  asking.close();
  expect(asking.size).toBe(0);
});
