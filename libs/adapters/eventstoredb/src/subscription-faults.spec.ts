import { unavailable } from '../spec-support/server-messages';
import { allIds, appendOf, Collector, event, Stores } from '../spec-support/stores';
import { LogCutBack, UnreadableEvent } from './index';

const stores = new Stores();
afterEach(() => stores.end());

const fill = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => appendOf(`s-${from + index}`, 'no-stream', `e-${from + index}`));

describe('A subscription whose connection breaks', () => {
  it('goes on behind the last event, whatever the server sends again', async () => {
    const server = await stores.server();
    const problems: string[] = [];
    const store = await stores.open(server, { report: (problem) => problems.push(problem) });
    await store.appendMany(fill(30));
    Object.assign(server.faults, { cutAfterEvents: 7, resend: 3 });
    const collector = new Collector();
    const subscription = store.subscribe({ onBatch: collector.onBatch, batchEventsMax: 4 });
    await collector.got(30);
    await store.appendMany(fill(10, 30));
    await collector.got(40);
    await subscription.close();
    expect(collector.ids).toEqual(await allIds(store));
    expect(server.seen.subscribedFrom.length).toBeGreaterThan(5);
    expect(problems[0]).toBe('A subscription to the event store was interrupted: the server ended the subscription');
  });

  it('by the death of the server goes on with the next', async () => {
    const server = await stores.server();
    const store = await stores.open(server, { attemptsMax: 60 });
    await store.appendMany(fill(5));
    const collector = new Collector();
    const subscription = store.subscribe({ onBatch: collector.onBatch });
    await collector.got(5);
    for (let round = 1; round <= 3; round++) {
      await server.stop();
      await server.start();
      await store.appendMany(fill(5, round * 5));
      await collector.got(5 + round * 5);
    }
    await subscription.close();
    expect(collector.ids).toEqual(await allIds(store));
  });

  it('goes on from where the server had looked when nothing of ours came', async () => {
    const server = await stores.server();
    const store = await stores.open(server);
    await store.append(appendOf('s', 'no-stream', 'a'));
    const collector = new Collector();
    const subscription = store.subscribe({ onBatch: collector.onBatch });
    await collector.got(1);
    for (let index = 0; index < 20; index++) {
      server.log.writeSystemEvent();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const lastOfOurs = server.log.stream('s')[0]?.position as bigint;
    const isFurther = () => (server.seen.subscribedFrom.at(-1) as bigint) > lastOfOurs;
    for (let tries = 0; tries < 50 && !isFurther(); tries++) {
      await server.stop();
      await server.start();
      const before = server.seen.subscribedFrom.length;
      while (server.seen.subscribedFrom.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(isFurther()).toBe(true);
    await store.append(appendOf('s', 0, 'b'));
    await collector.got(2);
    await subscription.close();
    expect(collector.ids).toEqual(['a', 'b']);
  });

  it('or is never confirmed is tried again', async () => {
    const server = await stores.server();
    const problems: string[] = [];
    const store = await stores.open(server, { answerMs: 200, report: (problem) => problems.push(problem) });
    await store.appendMany(fill(3));
    server.faults.unconfirmed = 2;
    const collector = new Collector();
    const subscription = store.subscribe({ onBatch: collector.onBatch });
    await collector.got(3);
    await subscription.close();
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain('no answer within 200 ms');
  });

  it('tells of it, waits while the server is away, and closes at once meanwhile', async () => {
    const server = await stores.server();
    const problems: string[] = [];
    const store = await stores.open(server, { report: (problem) => problems.push(problem), retryPauseMs: 60_000, retryPauseMsMax: 60_000 });
    const collector = new Collector();
    server.faults.failure = unavailable();
    const subscription = store.subscribe({ onBatch: collector.onBatch });
    while (problems.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(problems).toEqual([expect.stringContaining('Server Is Not Ready')]);
    await subscription.close();
    await subscription.ended;
  });
});

describe('A subscriber', () => {
  it('that is slow is read ahead for no more than a bounded number of events', async () => {
    const server = await stores.server();
    const store = await stores.open(server);
    const text = 'x'.repeat(10_000);
    for (let round = 0; round < 10; round++) {
      const events = Array.from({ length: 100 }, (_, index) => event(`${round}/${index}`, { text }));
      await store.append({ streamId: `s-${round}`, expected: 'no-stream', events });
    }
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const collector = new Collector();
    const onBatch = async (events: Parameters<typeof collector.onBatch>[0]) => {
      await gate;
      await collector.onBatch(events);
    };
    const subscription = store.subscribe({ onBatch, batchEventsMax: 10 });
    let before = -1;
    while (server.seen.sentToSubscribers !== before) {
      before = server.seen.sentToSubscribers;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // 10 in hand, 10 in the next batch, 2 × 10 in the client, the rest what the connection's windows hold of 10 kB each.
    expect(server.seen.sentToSubscribers).toBeGreaterThan(20);
    expect(server.seen.sentToSubscribers).toBeLessThan(500);
    open();
    await collector.got(1_000);
    await subscription.close();
    expect(collector.ids).toEqual(await allIds(store));
  });

  it('is not told too early that it has caught up, whatever the server says', async () => {
    const server = await stores.server();
    const store = await stores.open(server);
    await store.appendMany(fill(9));
    server.faults.caughtUpEarly = true;
    const collector = new Collector();
    const toldAt: number[] = [];
    let told = (): void => undefined;
    const hasBeenTold = new Promise<void>((resolve) => {
      told = resolve;
    });
    const onCaughtUp = () => {
      toldAt.push(collector.events.length);
      told();
    };
    const subscription = store.subscribe({ onBatch: collector.onBatch, onCaughtUp, batchEventsMax: 2 });
    await hasBeenTold;
    expect(toldAt).toEqual([9]);
    await subscription.close();
  });

  it('that has had more than the server has ends, and waits for no event that looks newer', async () => {
    const [server, restored] = [await stores.server(), await stores.server()];
    const [before, after] = [await stores.open(server), await stores.open(restored)];
    await before.appendMany(fill(9));
    await after.appendMany(fill(5));
    const subscription = after.subscribe({ onBatch: async () => undefined, after: await before.head() });
    await expect(subscription.ended).rejects.toThrow(LogCutBack);
    await expect(subscription.ended).rejects.toThrow(/restored from an older backup/);
    expect(() => after.subscribe({ onBatch: async () => undefined, after: '17' })).toThrow(RangeError);
  });

  it('of an event that somebody else wrote is told so, behind everything before it', async () => {
    const server = await stores.server();
    const store = await stores.open(server);
    await store.append(appendOf('s', 'no-stream', 'a'));
    const foreign = { id: '3f0b4c55-4b0f-4f0e-8a3c-0f2d5f6e7a81', type: 'other', contentType: 'application/json' };
    server.log.append('orders-1', -1, [{ ...foreign, data: Buffer.from('{}'), metadata: Buffer.from('{}') }]);
    const collector = new Collector();
    const subscription = store.subscribe({ onBatch: collector.onBatch });
    await expect(subscription.ended).rejects.toThrow(UnreadableEvent);
    expect(collector.ids).toEqual(['a']);
    await expect(allIds(store)).rejects.toThrow(
      /did not write event 0 of stream "orders-1"; give it a server of its own, or a streamPrefix/,
    );
    await expect(store.readStream('orders-1')).rejects.toThrow(UnreadableEvent);
  });
});

describe('Stores with prefixes on one server', () => {
  it('see nothing of each other, nor of streams without one', async () => {
    const server = await stores.server();
    const [one, other] = [await stores.open(server, { streamPrefix: 'one.' }), await stores.open(server, { streamPrefix: 'other.' })];
    expect([await one.head(), await other.head()]).toEqual([undefined, undefined]);
    await one.append(appendOf('s', 'no-stream', 'a'));
    const { position } = (await other.append(appendOf('s', 'no-stream', 'b'))) as { position: string };
    await one.append(appendOf('$s', 'no-stream', 'c'));
    const collector = new Collector();
    const subscription = one.subscribe({ onBatch: collector.onBatch });
    await collector.got(2);
    await subscription.close();
    expect([collector.ids, await allIds(one), await allIds(other), await other.head()]).toEqual([['a', 'c'], ['a', 'c'], ['b'], position]);
  });
});
