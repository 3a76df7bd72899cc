import assert from 'node:assert/strict';
import type { JsonObject } from '@regulars/kernel';
import { assertSame, openDocuments, put } from './clause';
import type { DocumentStoreClause } from './clause';

// Each must be an id of its own, and nothing else.
const HOSTILE_IDS = [
  '__proto__',
  'constructor',
  '$gt',
  'a.b',
  '..',
  "x'; DROP TABLE documents; --",
  'q"uo\'te',
  '%',
  '_',
  'é',
  'e\u0301',
  'A',
  'a',
  ' a',
  'a ',
  '1',
  '01',
  '😀',
  '店',
  '\n',
];

const HOSTILE_CONTENT = JSON.parse(
  '{"__proto__":{"polluted":true},"constructor":{"prototype":1},"$gt":"","$where":"sleep(1)","a.b":1,"":0,"nul":"a\\u0000b","emoji":"😀店",' +
    '"quotes":"\'\\"`;--","deep":[[[{"x":[null,true,false]}]]],"max":9007199254740991,"min":-9007199254740991,"tiny":5e-324,"tenth":0.1}',
) as JsonObject;

/** What a write promises. */
export const writeClauses: readonly DocumentStoreClause[] = [
  {
    name: 'reads back exactly what was written, and nothing for an id that was not',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      const outcome = await documents.write([put('a', { group: 'x', list: [1, { deep: null }] }, '0007')]);
      assertSame(outcome, { applied: 1, skipped: 0 });
      assertSame(await documents.get('a'), { id: 'a', position: '0007', document: { group: 'x', list: [1, { deep: null }] } });
      assert.equal(await documents.get('b'), undefined);
      assertSame(await documents.write([]), { applied: 0, skipped: 0 });
    },
  },
  {
    name: 'a write at an older or the same position has no effect, a newer one replaces the whole content',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      await documents.write([put('a', { value: 'first', old: true }, '0005')]);
      assertSame(await documents.write([put('a', { value: 'older' }, '0004')]), { applied: 0, skipped: 1 });
      assertSame(await documents.write([put('a', { value: 'same' }, '0005')]), { applied: 0, skipped: 1 });
      assertSame(await documents.get('a'), { id: 'a', position: '0005', document: { value: 'first', old: true } });
      assertSame(await documents.write([put('a', { value: 'newer' }, '0006')]), { applied: 1, skipped: 0 });
      assertSame(await documents.get('a'), { id: 'a', position: '0006', document: { value: 'newer' } });
    },
  },
  {
    name: 'positions compare byte by byte, not as numbers',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      await documents.write([put('a', { value: 'nine' }, '9')]);
      assertSame(await documents.write([put('a', { value: 'ten' }, '10')]), { applied: 0, skipped: 1 });
      assertSame(await documents.write([put('a', { value: 'letters' }, '9a')]), { applied: 1, skipped: 0 });
    },
  },
  {
    name: 'each write of a batch stands on its own, also where an id comes twice',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      await documents.write([put('old', { value: 1 }, '0009')]);
      const outcome = await documents.write([
        put('rising', { value: 1 }, '0001'),
        put('old', { value: 2 }, '0002'),
        put('falling', { value: 3 }, '0003'),
        put('rising', { value: 4 }, '0004'),
        put('falling', { value: 5 }, '0002'),
        put('falling', { value: 6 }, '0003'),
      ]);
      assertSame(outcome, { applied: 3, skipped: 3 });
      const stored = await documents.getMany(['old', 'rising', 'falling']);
      assertSame(
        stored.map(({ position, document }) => [position, document.value]),
        [
          ['0009', 1],
          ['0004', 4],
          ['0003', 3],
        ],
      );
    },
  },
  {
    name: 'of writes at the same time the highest position stays',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      const positions = ['0003', '0009', '0001', '0008', '0002', '0007', '0005', '0006', '0004'];
      await Promise.all(positions.map((position) => documents.write([put('a', { value: position }, position)])));
      assertSame(await documents.get('a'), { id: 'a', position: '0009', document: { value: '0009' } });
    },
  },
  {
    name: 'what was read or written can be changed by its owner without changing what is stored',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      const written = { list: [1] };
      await documents.write([put('a', written)]);
      written.list.push(2);
      const read = (await documents.get('a'))?.document as { list: number[] };
      read.list.push(3);
      assertSame((await documents.get('a'))?.document, { list: [1] });
    },
  },
  {
    name: 'hostile ids are only data, each its own document',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      const outcome = await documents.write(HOSTILE_IDS.map((id, number) => put(id, { number })));
      assert.equal(outcome.applied, HOSTILE_IDS.length);
      for (const [number, id] of HOSTILE_IDS.entries()) {
        assertSame(await documents.get(id), { id, position: '0001', document: { number } });
      }
      assert.equal((await documents.getMany(HOSTILE_IDS)).length, HOSTILE_IDS.length);
      assert.equal(await documents.get('toString'), undefined);
      assert.equal(await documents.get('hasOwnProperty'), undefined);
    },
  },
  {
    name: 'an id that cannot be stored exactly (NUL, half a surrogate pair) is refused, and is not found',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      for (const id of ['a\0b', '\0', 'a\ud800', '\udc00']) {
        const refused = await documents.write([put('beside', {}), put(id, { mark: id })]).then(
          () => false,
          (error: unknown) => error instanceof TypeError,
        );
        const found = await documents.get(id);
        if (refused) assertSame([found, await documents.get('beside')], [undefined, undefined], 'a refused batch left something');
        else assertSame(found, { id, position: '0001', document: { mark: id } });
      }
      assertSame([await documents.get('a'), await documents.get('a\ufffd'), await documents.get('')], [undefined, undefined, undefined]);
    },
  },
  {
    name: 'hostile content is kept exactly',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      await documents.write([put('a', HOSTILE_CONTENT)]);
      const read = (await documents.get('a'))?.document;
      assert.equal(JSON.stringify(read), JSON.stringify(HOSTILE_CONTENT));
      assert.equal(({} as Record<string, unknown>).polluted, undefined);
    },
  },
  {
    name: 'a document that is no object is refused and nothing of its batch is written',
    check: async (subject) => {
      const documents = await openDocuments(subject);
      for (const bad of [null, [], 'text', 1, undefined]) {
        await assert.rejects(documents.write([put('good', {}), put('bad', bad as never)]), TypeError);
      }
      assert.equal(await documents.count(), 0);
    },
  },
];
