import { fixedClock } from '@regulars/kernel';
import { InMemoryDocumentStore } from '@regulars/testing';
import { DeadLetters } from './dead-letters';

const clock = fixedClock(Date.parse('2026-03-01T09:00:00.000Z'));
const open = (documents = new InMemoryDocumentStore()) => DeadLetters.open(documents, clock);
const letter = (itemId: string, key = 'ann', consumer = 'heard@v1') => ({
  consumer,
  key,
  itemId,
  type: 'word.said.v1',
  position: itemId.padStart(4, '0'),
  reason: 'cannot hear it',
  item: { word: itemId },
});
const parked = async (letters: DeadLetters, consumer?: string) =>
  (await letters.list(consumer === undefined ? {} : { consumer })).items.map(({ itemId }) => itemId);

describe('a parked item', () => {
  it('is kept as it came, with the reason and the time', async () => {
    const letters = await open();
    await letters.park(letter('1'));
    const [kept] = (await letters.list()).items;
    expect(kept).toMatchObject({ ...letter('1'), parkedAt: '2026-03-01T09:00:00.000Z', attempts: 1, status: 'parked' });
    expect(await letters.get(kept?.id ?? '')).toEqual(kept);
  });

  it('blocks its key for its consumer, and nothing else', async () => {
    const letters = await open();
    await letters.park(letter('1'));
    expect(letters.blocks('heard@v1', 'ann', '0001')).toBe(true);
    expect(letters.blocks('heard@v1', 'bob', '0002')).toBe(false);
    expect(letters.blocks('heard@v2', 'ann', '0002')).toBe(false);
  });

  it('blocks what comes behind the first of its key, not what came before', async () => {
    const documents = new InMemoryDocumentStore();
    const letters = await open(documents);
    for (const itemId of ['7', '5', '9']) await letters.park(letter(itemId));
    const blocked = (opened: DeadLetters) => ['0004', '0005', '0006', '0010'].map((position) => opened.blocks('heard@v1', 'ann', position));
    expect(blocked(letters)).toEqual([false, true, true, true]);
    expect(blocked(await open(documents))).toEqual([false, true, true, true]);
    const [oldest] = await letters.ofKey('heard@v1', 'ann');
    if (oldest) await letters.settle(oldest);
    expect(blocked(letters)).toEqual([false, false, false, true]);
  });

  it('parked again has no effect, and does not come back once it was re-driven', async () => {
    const letters = await open();
    await letters.park(letter('1'));
    await letters.park(letter('1'));
    expect(letters.count()).toBe(1);
    const [kept] = await letters.ofKey('heard@v1', 'ann');
    if (kept) await letters.settle(kept);
    await letters.park(letter('1'));
    expect(letters.count()).toBe(0);
    expect(await parked(letters)).toEqual([]);
  });

  it('keeps its key blocked until the last of the key is settled, after a restart as well', async () => {
    const documents = new InMemoryDocumentStore();
    const letters = await open(documents);
    await letters.park(letter('1'));
    await letters.park(letter('2'));
    for (const blocked of [true, false]) {
      const [oldest] = await letters.ofKey('heard@v1', 'ann');
      if (oldest) await letters.settle(oldest);
      expect(letters.blocks('heard@v1', 'ann', '0003')).toBe(blocked);
      expect((await open(documents)).blocks('heard@v1', 'ann', '0003')).toBe(blocked);
    }
  });

  it('that fails again says why, how often, and still blocks', async () => {
    const letters = await open();
    await letters.park(letter('1'));
    const [first] = await letters.ofKey('heard@v1', 'ann');
    if (first) await letters.failAgain(first, 'still not');
    expect(await letters.ofKey('heard@v1', 'ann')).toMatchObject([{ attempts: 2, reason: 'still not', status: 'parked' }]);
    expect(letters.blocks('heard@v1', 'ann', '0003')).toBe(true);
    expect(letters.count()).toBe(1);
  });

  it('that nobody knows is not found', async () => {
    await expect((await open()).get('nothing')).rejects.toMatchObject({ code: 'dead-letter.not-found' });
  });
});

describe('what another process parked and re-drove', () => {
  it('is known after a refresh, of one consumer or of all', async () => {
    const documents = new InMemoryDocumentStore();
    const [ours, theirs] = [await open(documents), await open(documents)];
    await theirs.park(letter('1'));
    await theirs.park(letter('2', 'bob', 'other@v1'));
    await ours.refresh('heard@v1');
    expect([ours.blocks('heard@v1', 'ann', '0001'), ours.blocks('other@v1', 'bob', '0002'), ours.count()]).toEqual([true, false, 1]);
    await ours.refresh();
    expect([ours.blocks('other@v1', 'bob', '0002'), ours.count()]).toEqual([true, 2]);
    const [first] = await theirs.ofKey('heard@v1', 'ann');
    if (first) await theirs.settle(first);
    expect(ours.blocks('heard@v1', 'ann', '0001')).toBe(true);
    await ours.refresh('heard@v1');
    expect([ours.blocks('heard@v1', 'ann', '0001'), ours.blocks('other@v1', 'bob', '0002'), ours.count()]).toEqual([false, true, 1]);
  });

  it('blocks its key here as soon as the same item is parked again', async () => {
    const documents = new InMemoryDocumentStore();
    const [ours, theirs] = [await open(documents), await open(documents)];
    await theirs.park(letter('1'));
    await ours.park(letter('1'));
    expect([ours.blocks('heard@v1', 'ann', '0002'), ours.count()]).toEqual([true, 1]);
  });

  it('is settled for all when one attempt works, also where another fails at the same moment', async () => {
    const documents = new InMemoryDocumentStore();
    const [ours, theirs] = [await open(documents), await open(documents)];
    await ours.park(letter('1'));
    const [seen] = await ours.ofKey('heard@v1', 'ann');
    if (!seen) throw new Error('nothing is parked');
    await theirs.failAgain(seen, 'cannot hear it yet');
    await ours.settle(seen);
    expect(await parked(ours)).toEqual([]);
    expect(await ours.get(seen.id)).toMatchObject({ status: 'redriven', attempts: 2 });
    await theirs.failAgain(seen, 'cannot hear it yet');
    expect((await open(documents)).blocks('heard@v1', 'ann', '0002')).toBe(false);
  });

  it('is read in small pages, as each letter may be as large as a message', async () => {
    const documents = new InMemoryDocumentStore();
    const collection = documents.collection.bind(documents);
    const sizes: number[] = [];
    documents.collection = async (spec) => {
      const letters = await collection(spec);
      const find = letters.find.bind(letters);
      letters.find = async (options) => {
        const page = await find(options);
        sizes.push(page.items.length);
        return page;
      };
      return letters as never;
    };
    const ours = await open(documents);
    for (let number = 0; number < 250; number++) await ours.park(letter(String(number)));
    sizes.length = 0;
    await ours.refresh();
    expect(ours.count()).toBe(250);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
  });

  it('does not hide what is parked here during a refresh', async () => {
    const letters = await open();
    await Promise.all([letters.refresh(), letters.park(letter('1')), letters.refresh('heard@v1')]);
    expect([letters.blocks('heard@v1', 'ann', '0001'), letters.count()]).toEqual([true, 1]);
  });
});

describe('the list of parked items', () => {
  it('is in the order of the source, by consumer, in pages', async () => {
    const letters = await open();
    for (const itemId of ['3', '1', '2']) await letters.park(letter(itemId, `key ${itemId}`));
    await letters.park(letter('9', 'ann', 'other@v1'));
    expect(await parked(letters, 'heard@v1')).toEqual(['1', '2', '3']);
    expect(await parked(letters)).toEqual(['1', '2', '3', '9']);
    const first = await letters.list({ consumer: 'heard@v1', limit: 2 });
    const second = await letters.list({ consumer: 'heard@v1', limit: 2, cursor: first.next ?? '' });
    expect([first, second].map(({ items }) => items.map(({ itemId }) => itemId))).toEqual([['1', '2'], ['3']]);
    expect(second.next).toBeUndefined();
  });

  it('of one key is whole, oldest first, however many others wait', async () => {
    const letters = await open();
    for (let number = 1_050; number > 0; number--) await letters.park(letter(String(number), number % 350 === 0 ? 'ann' : 'bob'));
    expect((await letters.ofKey('heard@v1', 'ann')).map(({ itemId }) => itemId)).toEqual(['350', '700', '1050']);
  });
});
