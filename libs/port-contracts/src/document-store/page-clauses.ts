import assert from 'node:assert/strict';
import type { FindOptions } from '@regulars/ports';
import { assertSame, idsOf, openDocuments, put, readPages } from './clause';
import type { DocumentStoreClause } from './clause';

const orderId = (place: number): string => `d${String(place).padStart(3, '0')}`;

/** What pages promise. */
export const pageClauses: readonly DocumentStoreClause[] = [
  {
    name: 'pages lose nothing and repeat nothing, whatever the page size, with ties and absent values',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      const values = [undefined, 1, 1, 'x', 2, undefined, 'x', 'x', 1, 3, 'y', undefined];
      await documents.write(values.map((rank, place) => put(orderId(place), rank === undefined ? { group: 'g' } : { rank, group: 'g' })));
      await documents.write([put('other', { rank: 1, group: 'h' })]);
      for (const base of [{ orderBy: 'rank' }, { orderBy: 'rank', descending: true }, {}, { descending: true }] as FindOptions[]) {
        const options = { ...base, where: { group: 'g' } };
        const [whole = []] = await readPages(documents, { ...options, limit: 1_000 });
        assert.equal(whole.length, values.length);
        for (const limit of [1, 2, 3, 4, 6, 11, 12]) {
          const pages = await readPages(documents, { ...options, limit });
          assertSame(pages.flat(), whole, `limit ${limit}`);
          assert.equal(pages.length, Math.ceil(values.length / limit), `limit ${limit}: the last page has no next`);
        }
      }
    },
  },
  {
    name: 'a page goes on after its last document, whatever was written in between',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      await documents.write(['b', 'd', 'f', 'h'].map((id) => put(id, { rank: 1 })));
      const first = await documents.find({ orderBy: 'rank', limit: 2 });
      await documents.write([put('a', { rank: 1 }), put('c', { rank: 0 }), put('d', { rank: 9 }, '0002'), put('g', { rank: 1 })]);
      const second = await documents.find({ orderBy: 'rank', limit: 2, cursor: first.next });
      assertSame(
        [idsOf(first.items), idsOf(second.items)],
        [
          ['b', 'd'],
          ['f', 'g'],
        ],
      );
    },
  },
  {
    name: 'a cursor that is none, or of another order, throws TypeError; a limit outside 1 to 1,000 is refused',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      await documents.write(['a', 'b', 'c'].map((id) => put(id, { rank: id })));
      const { next = '' } = await documents.find({ orderBy: 'rank', limit: 2 });
      const text = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const bad = ['', 'x', '{}', '😀', next.slice(0, -4), `${next}AAAA`, text(null), text([]), text({}), text([{ $gt: '' }, 'a'])];
      for (const cursor of bad) await assert.rejects(documents.find({ orderBy: 'rank', limit: 2, cursor }), TypeError, `cursor ${cursor}`);
      await assert.rejects(documents.find({ limit: 2, cursor: next }), TypeError);
      await assert.rejects(documents.find({ orderBy: 'rank', descending: true, cursor: next }), TypeError);
      await assert.rejects(documents.find({ orderBy: 'group', cursor: next }), TypeError);
      for (const limit of [0, -1, 1_001, 1.5, NaN, '5' as never]) await assert.rejects(documents.find({ limit }), /limit/);
    },
  },
  {
    name: 'a page has 100 documents unless told, and 1,000 where told',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      await documents.write(Array.from({ length: 1_001 }, (_, place) => put(orderId(place), {})));
      const page = await documents.find();
      assertSame([page.items.length, typeof page.next], [100, 'string']);
      const large = await documents.find({ limit: 1_000 });
      assertSame([large.items.length, typeof large.next], [1_000, 'string']);
    },
  },
];
