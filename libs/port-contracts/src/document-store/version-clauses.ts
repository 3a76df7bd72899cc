import assert from 'node:assert/strict';
import { assertSame, idsOf, openDocuments, put } from './clause';
import type { DocumentStoreClause } from './clause';

/** What versions, checkpoints and opening again promise. */
export const versionClauses: readonly DocumentStoreClause[] = [
  {
    name: 'versions and collections are strangers to each other, also where names differ in case alone',
    check: async ({ store }) => {
      const specs = [
        { name: 'contract', version: '1' },
        { name: 'contract', version: '2' },
        { name: 'Contract', version: '1' },
        { name: 'contract-1', version: '1' },
        { name: 'contract', version: '1-1' },
        { name: 'contract', version: 'v1' },
        { name: 'contract', version: 'V1' },
      ];
      const opened = await Promise.all(specs.map((spec) => store.collection({ ...spec, indexes: [] })));
      for (const [number, documents] of opened.entries()) await documents.write([put('a', { number }), put(`only-${number}`, {})]);
      for (const [number, documents] of opened.entries()) {
        assertSame((await documents.get('a'))?.document, { number });
        assertSame(idsOf((await documents.find()).items), ['a', `only-${number}`]);
      }
    },
  },
  {
    name: 'two openings of one version see the same documents',
    check: async (subject) => {
      const [one, other] = await Promise.all([openDocuments(subject), openDocuments(subject)]);
      await one.write([put('a', { value: 1 })]);
      assertSame((await other.get('a'))?.document, { value: 1 });
      await other.write([put('a', { value: 2 }, '0002')]);
      assertSame((await one.get('a'))?.document, { value: 2 });
    },
  },
  {
    name: 'an index declared later finds documents from before, and those written through the older opening',
    check: async ({ store }) => {
      const open = (indexes: readonly string[]) => store.collection({ name: 'contract', version: '1', indexes });
      const before = await open(['group']);
      await before.write(Array.from({ length: 1_200 }, (_, rank) => put(`d${rank}`, { group: 'g', rank, Rank: -rank })));
      const after = await open(['group', 'rank', 'Rank']);
      assertSame(idsOf((await after.find({ where: { rank: 777 } })).items), ['d777']);
      assertSame(idsOf((await after.find({ where: { Rank: -1_199 } })).items), ['d1199']);
      await before.write([put('d777', { group: 'g', rank: 5_000 }, '0002'), put('new', { rank: 777 })]);
      assertSame(idsOf((await after.find({ where: { rank: 777 } })).items), ['new']);
      assertSame(idsOf((await after.find({ where: { rank: 5_000 } })).items), ['d777']);
      assert.equal(await after.count({ where: { group: 'g' } }), 1_200);
    },
  },
  {
    name: 'names that could be more than names are refused with TypeError',
    check: async ({ store }) => {
      for (const name of ['', 'a b', 'a/b', '../a', 'a.b', 'a"b', "a'b", 'a;b', '$a', '__proto__', 'é', 'a\0', '-', 'x'.repeat(200)]) {
        await assert.rejects(store.collection({ name, version: '1', indexes: [] }), TypeError, `name ${name}`);
        await assert.rejects(store.collection({ name: 'contract', version: name, indexes: [] }), TypeError, `version ${name}`);
        await assert.rejects(store.switchVersion('contract', undefined, name), TypeError, `switch to ${name}`);
      }
    },
  },
  {
    name: 'the active version changes by compare-and-set, each collection on its own',
    check: async ({ store }) => {
      assert.equal(await store.activeVersion('contract'), undefined);
      assert.equal(await store.switchVersion('contract', '1', '2'), false);
      assert.equal(await store.activeVersion('contract'), undefined);
      assert.equal(await store.switchVersion('contract', undefined, '1'), true);
      assert.equal(await store.switchVersion('contract', undefined, '2'), false);
      assert.equal(await store.activeVersion('contract'), '1');
      assert.equal(await store.activeVersion('another'), undefined);
      assert.equal(await store.switchVersion('contract', '1', '2'), true);
      assert.equal(await store.switchVersion('contract', '1', '3'), false);
      assert.equal(await store.switchVersion('contract', '2', '1'), true);
      assert.equal(await store.activeVersion('contract'), '1');
    },
  },
  {
    name: 'of many switches at the same time exactly one wins, and its version is active',
    check: async ({ store }) => {
      for (const from of [undefined, 'won']) {
        const candidates = Array.from({ length: 20 }, (_, number) => `${from ?? 'first'}-${number}`);
        const won = await Promise.all(candidates.map((to) => store.switchVersion('contract', from, to)));
        const winners = candidates.filter((_, number) => won[number]);
        assert.equal(winners.length, 1);
        assert.equal(await store.activeVersion('contract'), winners[0]);
        await store.switchVersion('contract', winners[0], 'won');
      }
    },
  },
  {
    name: 'dropping removes that version alone; the active one is refused and stays whole',
    check: async ({ store }) => {
      const open = (version: string) => store.collection({ name: 'contract', version, indexes: ['group'] });
      for (const version of ['1', '2', '3']) await (await open(version)).write([put('a', { group: version })]);
      await store.switchVersion('contract', undefined, '2');
      await assert.rejects(store.dropVersion('contract', '2'), Error);
      await store.dropVersion('contract', '1');
      await store.dropVersion('contract', 'never-there');
      assert.equal(await (await open('1')).count(), 0);
      assertSame((await (await open('2')).get('a'))?.document, { group: '2' });
      assertSame((await (await open('3')).get('a'))?.document, { group: '3' });
      assert.equal(await store.activeVersion('contract'), '2');
      await (await open('1')).write([put('a', { group: 'again' }, '0000')]);
      assert.equal(await (await open('1')).count({ where: { group: 'again' } }), 1);
    },
  },
  {
    name: 'a checkpoint never goes back; consumers have their own',
    check: async ({ store }) => {
      assert.equal(await store.loadCheckpoint('a'), undefined);
      await store.saveCheckpoint('a', '0005');
      await store.saveCheckpoint('a', '0004');
      assert.equal(await store.loadCheckpoint('a'), '0005');
      await store.saveCheckpoint('a', '0006');
      await Promise.all(['0007', '0009', '0008'].map((position) => store.saveCheckpoint('a', position)));
      assert.equal(await store.loadCheckpoint('a'), '0009');
      await store.saveCheckpoint('a', '001');
      assert.equal(await store.loadCheckpoint('a'), '001');
      for (const consumer of ['A', 'a ', '__proto__', 'x/y', "'", '😀']) {
        assert.equal(await store.loadCheckpoint(consumer), undefined);
        await store.saveCheckpoint(consumer, `0001-${Buffer.from(consumer).toString('hex')}`);
      }
      assert.equal(await store.loadCheckpoint('__proto__'), `0001-${Buffer.from('__proto__').toString('hex')}`);
      assert.equal(await store.loadCheckpoint('a'), '001');
    },
  },
  {
    name: 'documents, indexes, positions, the active version and checkpoints survive opening again',
    reopens: true,
    check: async (subject) => {
      assert.ok(subject.reopen);
      const before = await openDocuments(subject);
      await before.write([put('a', { group: 'x', rank: 1 }, '0005'), put('b', { group: 'y' }, '0006')]);
      await subject.store.switchVersion('contract', undefined, '1');
      await subject.store.saveCheckpoint('consumer', '0006');
      const store = await subject.reopen();
      assert.equal(await store.activeVersion('contract'), '1');
      assert.equal(await store.loadCheckpoint('consumer'), '0006');
      await assert.rejects(store.dropVersion('contract', '1'), Error);
      const after = await openDocuments({ store });
      assertSame(await after.get('a'), { id: 'a', position: '0005', document: { group: 'x', rank: 1 } });
      assertSame(idsOf((await after.find({ where: { group: 'y' } })).items), ['b']);
      assertSame(await after.write([put('a', {}, '0005'), put('b', {}, '0007')]), { applied: 1, skipped: 1 });
      await store.saveCheckpoint('consumer', '0001');
      assert.equal(await store.loadCheckpoint('consumer'), '0006');
    },
  },
];
