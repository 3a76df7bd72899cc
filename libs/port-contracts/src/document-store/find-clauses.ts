import assert from 'node:assert/strict';
import type { JsonObject } from '@regulars/kernel';
import type { FindOptions } from '@regulars/ports';
import { assertSame, idsOf, openDocuments, put } from './clause';
import type { DocumentStoreClause } from './clause';

const found = async (subject: Parameters<DocumentStoreClause['check']>[0], options: FindOptions): Promise<string[]> =>
  idsOf((await (await openDocuments(subject)).find(options)).items);

/** Values of `rank` in the order they must have, absent ones first; `id` tells them apart. */
const IN_ORDER: readonly JsonObject[] = [
  {},
  { rank: null },
  { rank: true },
  { rank: [1] },
  { rank: -1e300 },
  { rank: -1 },
  { rank: 0 },
  { rank: 0.1 },
  { rank: 0.30000000000000004 },
  { rank: 2 },
  { rank: 10 },
  { rank: 9007199254740991 },
  { rank: 1e300 },
  { rank: '' },
  { rank: '\0' },
  { rank: '-1' },
  { rank: '10' },
  { rank: '2' },
  { rank: 'B' },
  { rank: 'a' },
  { rank: 'a\0' },
  { rank: 'a\0b' },
  { rank: 'ab' },
  { rank: 'é' },
  { rank: '店' },
  { rank: '～' },
  { rank: '😀' },
];
const orderId = (place: number): string => `d${String(place).padStart(3, '0')}`;
// Written in an order that is neither theirs nor its reverse.
const SHUFFLED = IN_ORDER.map((_, place) => (place * 7) % IN_ORDER.length).map((place) => put(orderId(place), IN_ORDER[place] ?? {}));
const ORDERED_IDS = IN_ORDER.map((_, place) => orderId(place));

/** What a look-up promises. */
export const findClauses: readonly DocumentStoreClause[] = [
  {
    name: 'getMany gives those that exist, each once, in the order asked',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      await documents.write(['a', 'b', 'c'].map((id) => put(id, {})));
      assertSame(idsOf(await documents.getMany(['c', 'missing', 'a', 'c'])), ['c', 'a']);
      assertSame(await documents.getMany([]), []);
    },
  },
  {
    name: 'equality is exact in type and case, on all fields named',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      await documents.write([
        put('text', { group: '1', rank: 1 }),
        put('number', { group: 1, rank: 1 }),
        put('lower', { group: 'abc', rank: 1 }),
        put('upper', { group: 'ABC', rank: 1 }),
        put('longer', { group: 'abcd', rank: 2 }),
        put('none', { rank: 1 }),
        put('true', { group: true }),
        put('nul', { group: 'abc\0' }),
      ]);
      assertSame(await found(subject, { where: { group: '1' } }), ['text']);
      assertSame(await found(subject, { where: { group: 1 } }), ['number']);
      assertSame(await found(subject, { where: { group: 'abc' } }), ['lower']);
      assertSame(await found(subject, { where: { group: 'abc\0' } }), ['nul']);
      assertSame(await found(subject, { where: { group: 'ABC', rank: 1 } }), ['upper']);
      assertSame(await found(subject, { where: { group: 'abcd', rank: 1 } }), []);
      assertSame(await found(subject, { where: { group: '' } }), []);
    },
  },
  {
    name: 'fractions are found by the very number that was stored',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      const numbers = [0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, 123456.789, -0.7, 4.35, 2 ** 53, 2 ** 63, 1e21];
      await documents.write(numbers.map((rank, number) => put(`n${number}`, { rank })));
      for (const [number, rank] of numbers.entries()) {
        assertSame(await found(subject, { where: { rank } }), [`n${number}`]);
        assertSame(await found(subject, { range: { rank: { from: rank, to: rank } } }), [`n${number}`]);
      }
    },
  },
  {
    name: 'ranges include their bounds and keep numbers and text apart',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      await documents.write([1, 2, 3, '1', '2', '3'].map((rank) => put(`${typeof rank}-${rank}`, { rank, group: 'g' })));
      await documents.write([put('none', { group: 'g' }), put('null', { rank: null })]);
      assertSame(await found(subject, { range: { rank: { from: 2, to: 3 } } }), ['number-2', 'number-3']);
      assertSame(await found(subject, { range: { rank: { from: 2 } } }), ['number-2', 'number-3']);
      assertSame(await found(subject, { range: { rank: { to: 2 } } }), ['number-1', 'number-2']);
      assertSame(await found(subject, { range: { rank: { from: '2' } } }), ['string-2', 'string-3']);
      assertSame(await found(subject, { range: { rank: { to: '2' } }, where: { group: 'g' } }), ['string-1', 'string-2']);
      assertSame(await found(subject, { range: { rank: { from: 3, to: 2 } } }), []);
      assert.equal(await documents.count({ range: { rank: {} } }), 8);
      await assert.rejects(documents.find({ range: { rank: { from: 1, to: '2' } } }), TypeError);
    },
  },
  {
    name: 'order: without the field, then numbers, then text by its bytes; ties by id; descending is the exact reverse',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      await documents.write(SHUFFLED);
      await documents.write(['tie-c', 'tie-a', 'tie-b'].map((id) => put(id, { rank: '😀' })));
      const expected = [...ORDERED_IDS, 'tie-a', 'tie-b', 'tie-c'];
      assertSame(await found(subject, { orderBy: 'rank' }), expected);
      assertSame(await found(subject, { orderBy: 'rank', descending: true }), [...expected].reverse());
    },
  },
  {
    name: 'without orderBy the order is that of the ids, by their bytes',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      const ids = ['A', 'B', 'a', 'a-', 'a0', 'aa', 'é', '～', '😀'];
      await documents.write([...ids].reverse().map((id) => put(id, {})));
      assertSame(await found(subject, {}), ids);
      assertSame(await found(subject, { descending: true, limit: 3 }), ['😀', '～', 'é']);
    },
  },
  {
    name: 'a field that is no index throws TypeError, whatever its name',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      await documents.write([put('a', { other: 1, group: 'x' })]);
      for (const field of ['other', '__proto__', 'constructor', 'id', 'position', 'document', 'group"', 'group.x', '$where', '']) {
        const named = JSON.parse(`{${JSON.stringify(field)}:1}`) as Record<string, number>;
        const bounded = JSON.parse(`{${JSON.stringify(field)}:{"from":1}}`) as Record<string, { from: number }>;
        await assert.rejects(documents.find({ where: named }), TypeError, `where ${field}`);
        await assert.rejects(documents.find({ range: bounded }), TypeError, `range ${field}`);
        await assert.rejects(documents.find({ orderBy: field }), TypeError, `orderBy ${field}`);
        await assert.rejects(documents.count({ where: named }), TypeError, `count ${field}`);
      }
    },
  },
  {
    name: 'a value that is neither text nor a finite number throws TypeError; hostile text matches itself alone',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      const hostile = ["' OR 1=1 --", '%', '*', '$gt', '"', '__proto__', '😀'];
      await documents.write([...hostile, 'plain'].map((group, place) => put(orderId(place), { group })));
      for (const [place, group] of hostile.entries()) assertSame(await found(subject, { where: { group } }), [orderId(place)]);
      for (const value of [{ $gt: '' }, { $ne: null }, ['plain'], null, true, NaN, Infinity, undefined]) {
        await assert.rejects(documents.find({ where: { group: value as never } }), TypeError);
        if (value !== undefined) await assert.rejects(documents.find({ range: { group: { from: value as never } } }), TypeError);
      }
    },
  },
  {
    name: 'look-ups follow every change of an indexed field',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      await documents.write([put('a', { group: 'old', rank: 1 }), put('b', { group: 'old', rank: 2 })]);
      await documents.write([put('a', { group: 'new' }, '0002'), put('b', { group: 'never' }, '0000')]);
      assertSame(await found(subject, { where: { group: 'old' } }), ['b']);
      assertSame(await found(subject, { where: { group: 'new' } }), ['a']);
      assertSame(await found(subject, { where: { rank: 1 } }), []);
      assertSame(await found(subject, { orderBy: 'rank' }), ['a', 'b']);
    },
  },
  {
    name: 'count counts what find would give, over all pages',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      assert.equal(await documents.count(), 0);
      await documents.write(Array.from({ length: 250 }, (_, rank) => put(orderId(rank), { rank, group: rank % 2 ? 'odd' : 'even' })));
      assert.equal(await documents.count(), 250);
      assert.equal(await documents.count({ where: { group: 'odd' } }), 125);
      assert.equal(await documents.count({ where: { group: 'odd' }, range: { rank: { from: 100, to: 199 } } }), 50);
      assert.equal(await documents.count({ range: { rank: { from: '' } } }), 0);
    },
  },
  {
    name: 'all gives every document once, ordered by id, in batches',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      const ids = Array.from({ length: 1_100 }, (_, place) => `id-${String((place * 617) % 1_100).padStart(4, '0')}`);
      ids.push('', '😀', '～');
      await documents.write(ids.map((id) => put(id, { id })));
      const read: string[] = [];
      let largest = 0;
      for await (const batch of documents.all()) {
        for (const { id, document } of batch) assert.equal(document.id, id);
        read.push(...idsOf(batch));
        largest = Math.max(largest, batch.length);
      }
      const sorted = [...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      assertSame(read, sorted);
      assert.ok(largest <= 1_000, `a batch of ${largest}`);
    },
  },
];
