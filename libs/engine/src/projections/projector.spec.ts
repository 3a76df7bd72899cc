import type { StoredEvent } from '@regulars/kernel';
import type { Consumption, DocumentStore } from '@regulars/ports';
import { InMemoryDocumentStore } from '@regulars/testing';
import { FailingWrites, setUpProjector as setUp, stopProjectors } from '../../spec-support/projector';
import { eventsOf, newEventStore, saidStore, say } from '../../spec-support/words';
import { eventStoreFeed } from './feeds';
import { type Feed, LOG_SOURCE } from './projection';
import type { Projector } from './projector';

afterEach(stopProjectors);

describe('a projector', () => {
  it('takes in what is there and what comes, in order', async () => {
    const { events, projector, heard } = await setUp();
    await say(events, 'ann:one');
    projector.start();
    await projector.reached(await say(events, 'ann:two', 'bob:three'));
    expect(await heard('ann')).toEqual(['one', 'two']);
    expect(await heard('bob')).toEqual(['three']);
  });

  it('goes on where its content stands after a stop', async () => {
    const { events, projector, heard } = await setUp();
    projector.start();
    await projector.reached(await say(events, 'ann:one'));
    await projector.stop();
    const position = await say(events, 'ann:two');
    projector.start();
    await projector.reached(position);
    expect(await heard('ann')).toEqual(['one', 'two']);
  });

  it('makes its content durable when it stops', async () => {
    const { events, documents, projector } = await setUp();
    projector.start();
    const position = await say(events, 'ann:one');
    await projector.reached(position);
    await projector.stop();
    expect(await documents.loadCheckpoint('heard@v1')).toBe(position);
  });

  it('is caught up only when everything that matches has been applied', async () => {
    let tell: Parameters<Feed<StoredEvent>>[0] | undefined;
    const { projector } = await setUp({ feed: toldBy((options) => (tell = options)) });
    const said = await eventsOf(await saidStore('ann:one'));
    projector.start();
    expect(projector.status().caughtUp).toBe(false);
    tell?.onCaughtUp();
    expect(projector.status().caughtUp).toBe(true);
    const applying = tell?.onBatch(said, { [LOG_SOURCE]: said[0]?.position ?? '' });
    expect(projector.status().caughtUp).toBe(false);
    await applying;
    expect(projector.status().caughtUp).toBe(false);
    tell?.onCaughtUp();
    expect(projector.status()).toMatchObject({ caughtUp: true, cursor: { [LOG_SOURCE]: said[0]?.position }, name: 'heard', version: 'v1' });
  });

  it('tells whoever waits for a position that it was stopped before', async () => {
    const { projector } = await setUp();
    projector.start();
    const waiting = projector.reached('999999999999');
    const outcome = expect(waiting).rejects.toThrow('stopped before it reached');
    await projector.stop();
    await outcome;
  });
});

describe('the lag behind an event store', () => {
  it('is the age of the first event not taken in yet, and none where there is nothing more', async () => {
    const { events, projector } = await setUp();
    expect(await projector.lagSeconds(5_000)).toBe(0);
    const position = await say(events, 'ann:one', 'ann:two');
    expect(await projector.lagSeconds(5_000)).toBe(5);
    await projector.advanceTo(position);
    expect(await projector.lagSeconds(5_000)).toBe(0);
  });
});

describe('an item that can never be taken in', () => {
  it('is parked with those of its key behind it; others go on', async () => {
    const { events, projector, heard, parked, reports } = await setUp();
    projector.start();
    await projector.reached(await say(events, 'ann:one', 'ann:bad', 'bob:two', 'ann:three', 'bob:four'));
    await projector.reached(await say(events, 'ann:five', 'cem:six'));
    expect([await heard('ann'), await heard('bob'), await heard('cem')]).toEqual([['one'], ['two', 'four'], ['six']]);
    expect(await parked()).toEqual([
      ['bad', 'cannot hear bad'],
      ['three', 'waits behind a parked item of its key'],
      ['five', 'waits behind a parked item of its key'],
    ]);
    expect(reports).toHaveLength(3);
    expect(projector.status().fault).toBeUndefined();
  });

  it('is caught up behind it: parked is durable, so it counts as applied', async () => {
    const { events, projector, letters } = await setUp();
    projector.start();
    const position = await say(events, 'ann:bad');
    await projector.reached(position);
    expect(letters.count()).toBe(1);
    expect(projector.content.cursor()).toEqual({ [LOG_SOURCE]: position });
  });

  it('may come with others of its kind in one batch', async () => {
    const { events, projector, heard, parked } = await setUp();
    await say(events, 'ann:bad 1', 'bob:bad 2', 'cem:one', 'ann:bad 3');
    projector.start();
    await projector.reached((await events.head()) ?? '');
    expect(await heard('cem')).toEqual(['one']);
    expect((await parked()).map(([word]) => word)).toEqual(['bad 1', 'bad 2', 'bad 3']);
  });

  it('is parked once, though it is delivered again after a restart without a checkpoint', async () => {
    const documents = new InMemoryDocumentStore();
    const events = await saidStore('ann:one', 'ann:bad', 'ann:two');
    for (let start = 0; start < 2; start++) {
      const { projector, parked, heard } = await setUp({ events, documents });
      projector.content.flush = () => Promise.resolve();
      projector.start();
      await projector.reached((await events.head()) ?? '');
      await projector.stop();
      expect((await parked()).map(([word]) => word)).toEqual(['bad', 'two']);
      expect(await heard('ann')).toEqual(['one']);
    }
  });
});

describe('a passing fault', () => {
  it('is reported, and the feed opened again from where the content stands', async () => {
    const from: unknown[] = [];
    const events = newEventStore();
    const feed: Feed<StoredEvent> = (options) => (from.push(options.from), eventStoreFeed(events)(options));
    const { projector, heard, reports } = await setUp({ events, feed, documents: new FailingWrites(2) });
    projector.start();
    await projector.reached(await say(events, 'ann:one', 'ann:two'));
    expect(await heard('ann')).toEqual(['one', 'two']);
    expect(reports).toEqual(['fault: the disk is slow', 'fault: the disk is slow']);
    expect(from).toEqual([{}, {}, {}]);
    expect(projector.status().fault).toBeUndefined();
  });

  it('shows in the status while it lasts, and nothing is parked for it', async () => {
    const documents = new FailingWrites(Infinity);
    const { events, projector, letters, reported } = await withReports(documents);
    projector.start();
    await say(events, 'ann:one');
    await reported;
    expect(projector.status()).toMatchObject({ fault: 'the disk is slow', caughtUp: false, cursor: {} });
    expect(letters.count()).toBe(0);
  });

  it('is over once everything there was has been handed over, though there was nothing new', async () => {
    let failures = 1;
    const events = newEventStore();
    const feed: Feed<StoredEvent> = (options) =>
      failures-- > 0 ? { ended: Promise.reject(new Error('cut off')), close: async () => undefined } : eventStoreFeed(events)(options);
    const { projector, reports } = await setUp({ events, feed });
    projector.start();
    await projector.reached(await say(events, 'nobody:x'));
    await untilCaughtUp(projector);
    expect(reports).toEqual(['fault: cut off']);
    expect(projector.status().fault).toBeUndefined();
  });

  it('may be a feed that cannot even be opened', async () => {
    let failures = 1;
    const events = newEventStore();
    const feed: Feed<StoredEvent> = (options) => {
      if (failures-- > 0) throw new Error('no connection');
      return eventStoreFeed(events)(options);
    };
    const { projector, reports, heard } = await setUp({ events, feed });
    projector.start();
    await projector.reached(await say(events, 'ann:one'));
    expect(reports).toEqual(['fault: no connection']);
    expect(await heard('ann')).toEqual(['one']);
  });

  it('does not hold up a stop until its delay is over', async () => {
    const { events, projector, reported, opened } = await withReports(new FailingWrites(Infinity));
    projector.start();
    await say(events, 'ann:one');
    await reported;
    await projector.stop();
    const before = opened();
    projector.start();
    expect(opened()).toBe(before + 1);
  });
});

describe('an advance to a position', () => {
  it('takes in exactly what lies up to it, in the middle of a batch', async () => {
    const { events, projector, heard } = await setUp();
    const position = await say(events, 'ann:one', 'bob:two');
    await say(events, 'ann:three', 'bob:four');
    await projector.advanceTo(position);
    expect([await heard('ann'), await heard('bob')]).toEqual([['one'], ['two']]);
    expect(projector.content.cursor()).toEqual({ [LOG_SOURCE]: position });
    await projector.advanceTo((await events.head()) ?? '');
    expect([await heard('ann'), await heard('bob')]).toEqual([
      ['one', 'three'],
      ['two', 'four'],
    ]);
  });

  it('does nothing where the content is there already, and needs a projector that stands still', async () => {
    const { events, projector } = await setUp();
    const position = await say(events, 'ann:one');
    await projector.advanceTo(position);
    await projector.advanceTo(position);
    projector.start();
    await expect(projector.advanceTo(position)).rejects.toThrow('needs a stopped projector');
  });

  it('fails where an item cannot be written, and the content has not moved', async () => {
    const { events, projector } = await setUp({ documents: new FailingWrites(1) });
    const position = await say(events, 'ann:one');
    await expect(projector.advanceTo(position)).rejects.toThrow('the disk is slow');
    expect(projector.content.cursor()).toEqual({});
  });
});

/** A feed that hands over what it is told to. */
function toldBy(opened: (options: Parameters<Feed<StoredEvent>>[0]) => void): Feed<StoredEvent> {
  return (options): Consumption => {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    opened(options);
    return { ended, close: async () => end() };
  };
}

/** A setting that tells when the first fault was reported and how often the feed was opened. */
async function withReports(documents: DocumentStore) {
  const events = newEventStore();
  let openings = 0;
  const feed: Feed<StoredEvent> = (options) => (openings++, eventStoreFeed(events)(options));
  const setting = await setUp({ events, documents, feed });
  const { reports } = setting;
  const push = reports.push.bind(reports);
  const reported = new Promise<void>((resolve) => {
    reports.push = (...texts) => (resolve(), push(...texts));
  });
  return { ...setting, reported, opened: () => openings };
}

async function untilCaughtUp(projector: Projector<StoredEvent>): Promise<void> {
  while (!projector.status().caughtUp) await new Promise((resolve) => setImmediate(resolve));
}
