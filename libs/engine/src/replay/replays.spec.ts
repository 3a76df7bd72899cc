import { InMemoryDocumentStore, noDocuments } from '@regulars/testing';
import { closeReplays, definition, SAID, setUpReplays as setUp, UnreadableReplay } from '../../spec-support/replays';
import { type Heard, newEventStore, say } from '../../spec-support/words';
import { liveCollection } from '../projections/document-projection';
import { LOG_SOURCE } from '../projections/projection';
import { ReplayRecords } from './replay-records';

afterEach(closeReplays);

const code = (name: string) => expect.objectContaining({ code: name });

describe('a replay', () => {
  it('builds another version beside the live one, which readers go on seeing, and proves it equal', async () => {
    const { replays, until, kept } = await setUp();
    const begun = await replays.start('heard', 'olga');
    expect(begun).toMatchObject({ id: '1', projection: 'heard', state: 'running', version: 'r-1', replaces: 'v1', startedBy: 'olga' });
    const ready = await until('1', 'ready');
    expect(ready).toMatchObject({ digestsEqual: true, processed: 4, total: 4 });
    expect(ready.digestLive).toBe(ready.digestReplayed);
    expect(kept.active.get('heard')).toBe('v1');
  });

  it('is switched to and rolled back, both caught up with what came meanwhile', async () => {
    const { replays, until, kept, events, live, heard } = await setUp();
    await replays.start('heard', 'olga');
    await until('1', 'ready');
    await say(events, 'ann:five');
    expect(await replays.switch('1')).toMatchObject({ state: 'switched', digestsEqual: true, replaces: 'v1' });
    expect(kept.active.get('heard')).toBe('r-1');
    await live.live.reached(await say(events, 'ann:six'));
    expect(await heard('ann')).toEqual(['one', 'three', 'four', 'five', 'six']);
    expect(await replays.rollback('1')).toMatchObject({ state: 'rolled-back' });
    expect(kept.active.get('heard')).toBe('v1');
    await live.live.reached(await say(events, 'ann:seven'));
    expect(await heard('ann')).toEqual(['one', 'three', 'four', 'five', 'six', 'seven']);
  });

  it('says how far it is, how fast, and how long it will take', async () => {
    const { replays, feed, clock, processed } = await setUp();
    feed.allow(3);
    await replays.start('heard', 'olga');
    await processed('1', 3);
    clock.advance(1_500);
    expect(await replays.status('1')).toMatchObject({ state: 'running', processed: 3, total: 4, ratePerSecond: 2, etaSeconds: 1 });
    expect(await replays.list()).toMatchObject([{ id: '1', processed: 3 }]);
  });

  it('does not hold up live traffic, and takes it in as well', async () => {
    const { replays, feed, events, live, heard, until, processed } = await setUp();
    feed.allow(1);
    await replays.start('heard', 'olga');
    await processed('1', 1);
    await live.live.reached(await say(events, 'ann:five', 'bob:six'));
    expect(await heard('ann')).toEqual(['one', 'three', 'four', 'five']);
    feed.allow(Infinity);
    expect(await until('1', 'ready')).toMatchObject({ digestsEqual: true, processed: 6 });
  });

  it('does not let down whoever waits for the live version while it stands still to be compared', async () => {
    const { replays, events, live, until, heard } = await setUp();
    await replays.start('heard', 'olga');
    await until('1', 'ready');
    await live.live.stop();
    const waiting = live.fresh(await say(events, 'ann:five'));
    await replays.switch('1');
    await waiting;
    expect(await heard('ann')).toContain('five');
  });

  it('that cannot be switched to leaves the live version running', async () => {
    const { replays, documents, events, live, until, heard } = await setUp();
    await replays.start('heard', 'olga');
    await until('1', 'ready');
    documents.switchVersion = () => Promise.reject(new Error('no connection'));
    await expect(replays.switch('1')).rejects.toThrow('no connection');
    await live.live.reached(await say(events, 'ann:five'));
    expect(await heard('ann')).toContain('five');
    expect(await replays.status('1')).toMatchObject({ state: 'ready' });
  });
});

describe('a replay that is paused', () => {
  it('reads nothing until it is resumed, and goes on where it stood', async () => {
    const { replays, feed, processed, until } = await setUp();
    feed.allow(2);
    await replays.start('heard', 'olga');
    await processed('1', 2);
    expect(await replays.pause('1')).toMatchObject({ state: 'paused', processed: 2, ratePerSecond: null });
    feed.allow(Infinity);
    expect(await replays.status('1')).toMatchObject({ state: 'paused', processed: 2 });
    expect(await replays.resume('1')).toMatchObject({ state: 'running' });
    expect(feed.openedFrom.at(-1)).toEqual({ [LOG_SOURCE]: '000000000002' });
    expect(await until('1', 'ready')).toMatchObject({ digestsEqual: true });
  });
});

describe('a replay cut off by a restart', () => {
  it('in order, is found paused and goes on where its content stands', async () => {
    const first = await setUp();
    first.feed.allow(2);
    await first.replays.start('heard', 'olga');
    await first.processed('1', 2);
    await first.replays.close();
    await first.live.close();
    const second = await setUp(first);
    expect(await second.replays.status('1')).toMatchObject({ state: 'paused', error: expect.stringContaining('restart') as string });
    expect(await second.replays.resume('1')).toMatchObject({ state: 'running', error: undefined });
    expect(second.feed.openedFrom.at(-1)).toEqual({ [LOG_SOURCE]: '000000000002' });
    expect(await second.until('1', 'ready')).toMatchObject({ digestsEqual: true });
  });

  it('by a kill, before any checkpoint, is found paused and still ends equal', async () => {
    const first = await setUp();
    first.feed.allow(2);
    await first.replays.start('heard', 'olga');
    await first.processed('1', 2);
    const second = await setUp({ events: first.events, kept: first.kept });
    expect(await second.replays.status('1')).toMatchObject({ state: 'paused' });
    await second.replays.resume('1');
    expect(second.feed.openedFrom.at(-1)).toEqual({});
    expect(await second.until('1', 'ready')).toMatchObject({ digestsEqual: true });
  });

  it('after the switch and before its record, is found switched', async () => {
    const first = await setUp();
    await first.replays.start('heard', 'olga');
    await first.until('1', 'ready');
    await first.live.close();
    first.kept.active.set('heard', 'r-1');
    const second = await setUp(first);
    expect(await second.replays.status('1')).toMatchObject({ state: 'switched' });
    expect(await second.replays.rollback('1')).toMatchObject({ state: 'rolled-back' });
  });
});

describe('a replay that gives another state', () => {
  const differing = async () => {
    const setting = await setUp();
    const collection = await liveCollection<Heard>(setting.documents, definition);
    await collection.write([{ id: 'zoe', position: '000000000001', document: { words: ['never said'] } }]);
    await setting.replays.start('heard', 'olga');
    return { ...setting, ready: await setting.until('1', 'ready') };
  };

  it('says so, is not switched to, and both go on', async () => {
    const { ready, replays, kept, events, live, heard, processed } = await differing();
    expect(ready).toMatchObject({ digestsEqual: false });
    await expect(replays.switch('1')).rejects.toEqual(code('replay.digest-differs'));
    expect(kept.active.get('heard')).toBe('v1');
    await live.live.reached(await say(events, 'ann:five'));
    expect(await heard('ann')).toContain('five');
    await processed('1', 5);
    expect(await replays.status('1')).toMatchObject({ state: 'ready', digestsEqual: false });
  });

  it('is switched to where a person insists', async () => {
    const { replays, kept, heard } = await differing();
    expect(await replays.switch('1', true)).toMatchObject({ state: 'switched', digestsEqual: false });
    expect(kept.active.get('heard')).toBe('r-1');
    expect(await heard('zoe')).toBeUndefined();
  });
});

describe('a replay that fails', () => {
  it('says why, leaves nothing behind, and the live version goes on', async () => {
    const events = newEventStore();
    await say(events, ...SAID);
    const kept = noDocuments();
    const { replays, until, live, heard } = await setUp({ events, kept, documents: new UnreadableReplay(kept) });
    await replays.start('heard', 'olga');
    expect(await until('1', 'failed')).toMatchObject({ error: 'the disk is broken' });
    while (kept.versions.has('heard/r-1')) await new Promise((resolve) => setImmediate(resolve));
    await live.live.reached(await say(events, 'ann:five'));
    expect(await heard('ann')).toContain('five');
  });
});

describe('a replay that fails while its record cannot be read', () => {
  it('says why as soon as it can be, and leaves nothing behind', async () => {
    const events = newEventStore();
    await say(events, ...SAID);
    const kept = noDocuments();
    const { replays, until } = await setUp({ events, kept, documents: new UnreadableReplay(kept) });
    const away = new Error('the store is away');
    jest.spyOn(ReplayRecords.prototype, 'get').mockRejectedValueOnce(away).mockRejectedValueOnce(away);
    const change = jest.spyOn(ReplayRecords.prototype, 'change').mockRejectedValueOnce(away);
    try {
      await replays.start('heard', 'olga');
      while (change.mock.calls.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(await until('1', 'failed')).toMatchObject({ error: 'the store is away' });
      while (kept.versions.has('heard/r-1')) await new Promise((resolve) => setImmediate(resolve));
    } finally {
      jest.restoreAllMocks();
    }
  });
});

describe('an operation on a replay', () => {
  it('begins no second one of a projection while one is under way', async () => {
    const { replays, until } = await setUp();
    await replays.start('heard', 'olga');
    await expect(replays.start('heard', 'otto')).rejects.toEqual(code('replay.running'));
    await until('1', 'ready');
    await expect(replays.start('heard', 'otto')).rejects.toEqual(code('replay.running'));
    await replays.cancel('1');
    expect(await replays.start('heard', 'otto')).toMatchObject({ id: '2', state: 'running' });
  });

  it('begins one where two are asked for in the same instant', async () => {
    const { replays } = await setUp();
    const both = await Promise.allSettled([replays.start('heard', 'olga'), replays.start('heard', 'otto')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: code('replay.running') });
    expect(await replays.list()).toHaveLength(1);
  });

  it('needs it in the right state', async () => {
    const { replays, feed, until } = await setUp();
    feed.allow(1);
    await replays.start('heard', 'olga');
    await expect(replays.resume('1')).rejects.toEqual(code('replay.state'));
    await expect(replays.switch('1')).rejects.toEqual(code('replay.state'));
    await expect(replays.rollback('1')).rejects.toEqual(code('replay.state'));
    await replays.pause('1');
    await expect(replays.pause('1')).rejects.toEqual(code('replay.state'));
    await replays.resume('1');
    feed.allow(Infinity);
    await until('1', 'ready');
    await replays.switch('1');
    await expect(replays.cancel('1')).rejects.toEqual(code('replay.state'));
  });

  it('needs one that is known, of a projection that is known', async () => {
    const { replays } = await setUp();
    await expect(replays.start('nothing', 'olga')).rejects.toEqual(code('replay.projection-unknown'));
    await expect(replays.status('9')).rejects.toEqual(code('replay.not-found'));
  });

  it('that cancels removes what was built, and nothing of the live version', async () => {
    const { replays, feed, kept, heard, processed } = await setUp();
    feed.allow(2);
    await replays.start('heard', 'olga');
    await processed('1', 2);
    expect(kept.versions.has('heard/r-1')).toBe(true);
    expect(await replays.cancel('1')).toMatchObject({ state: 'cancelled' });
    expect(kept.versions.has('heard/r-1')).toBe(false);
    expect(await heard('ann')).toEqual(['one', 'three', 'four']);
  });
});

describe('the record of a replay', () => {
  it('refuses a writer who has not seen the last change', async () => {
    const records = await ReplayRecords.open(new InMemoryDocumentStore());
    const facts = { projection: 'heard', state: 'running', version: 'r-1', replaces: 'v1', startedAt: '', startedBy: 'olga' } as const;
    const seen = await records.add({ id: '1', ...facts });
    await records.change(seen, { state: 'paused' });
    await expect(records.change(seen, { state: 'ready' })).rejects.toEqual(code('concurrency.conflict'));
    expect(await records.get('1')).toMatchObject({ state: 'paused', revision: 2 });
  });
});
