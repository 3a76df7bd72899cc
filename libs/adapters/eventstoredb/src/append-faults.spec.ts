import { StoreUnavailable } from '@regulars/ports';
import { notLeader, refusals, unavailable } from '../spec-support/server-messages';
import { allIds, appendOf, event, everything, Stores } from '../spec-support/stores';
import { AppendTooLarge } from './index';

const stores = new Stores();
afterEach(() => stores.end());

/** An append that is stored by the server, whose answer comes to grief in the way named. */
const lostAnswers = [
  ['the call ends without an answer', 'drop', {}],
  ['no answer ever comes', 'silence', { answerMs: 300 }],
  ['the server answers that it timed out', { commit: true, answer: refusals.timeout() }, {}],
] as const;

describe('An append whose answer was lost', () => {
  it.each(lostAnswers)('is repeated and was no repeat to its caller: %s', async (_, fault, options) => {
    const server = await stores.server();
    const store = await stores.open(server, options);
    server.faults.onAppend = (number) => (number === 1 ? fault : undefined);
    const outcome = await store.append(appendOf('s', 'no-stream', 'a', 'b'));
    const events = await everything(store);
    expect(outcome).toEqual({ outcome: 'appended', revision: 1, position: events[1]?.position, repeated: false });
    expect(events.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(server.seen.appends).toBe(2);
    expect(await store.append(appendOf('s', 'no-stream', 'a', 'b'))).toEqual({ ...outcome, repeated: true });
  });

  it('in the middle of many leaves all of them stored once, in their order', async () => {
    const server = await stores.server();
    const store = await stores.open(server);
    server.faults.onAppend = (number) => (number === 7 || number === 15 ? 'drop' : undefined);
    const appends = Array.from({ length: 12 }, (_, index) => appendOf(`s-${index}`, 'no-stream', `${index}/0`, `${index}/1`));
    const outcomes = await store.appendMany(appends);
    expect(outcomes.every((outcome) => outcome.outcome === 'appended' && !outcome.repeated)).toBe(true);
    expect(await allIds(store)).toEqual(appends.flatMap(({ events }) => events.map(({ id }) => id)));
  });

  it('has those behind it on the same stream decided again', async () => {
    const server = await stores.server();
    const store = await stores.open(server);
    // Not stored either: what follows on the stream is a conflict at first.
    server.faults.onAppend = (number) => (number === 1 ? { commit: false, answer: refusals.timeout() } : undefined);
    const outcomes = await store.appendMany([appendOf('s', 'no-stream', 'a'), appendOf('s', 0, 'b'), appendOf('s', 0, 'c')]);
    expect(outcomes).toMatchObject([
      { outcome: 'appended', revision: 0, repeated: false },
      { outcome: 'appended', revision: 1, repeated: false },
      { outcome: 'conflict', actual: 1 },
    ]);
    expect(await allIds(store)).toEqual(['a', 'b']);
  });

  it('is found by looking where the server takes the repeat for a conflict', async () => {
    const server = await stores.server();
    const store = await stores.open(server);
    server.log.isForgetful = true;
    server.faults.onAppend = (number) => (number === 1 ? 'drop' : undefined);
    const outcome = await store.append(appendOf('s', 'no-stream', 'a', 'b'));
    expect(outcome).toMatchObject({ outcome: 'appended', revision: 1, repeated: false });
    await store.append(appendOf('s', 1, 'c'));
    expect(await store.append(appendOf('s', 'no-stream', 'a', 'b'))).toEqual({ ...outcome, repeated: true });
    expect(await store.append(appendOf('s', 'no-stream', 'a', 'x'))).toEqual({ outcome: 'conflict', actual: 2 });
  });
});

describe('The same append', () => {
  it('from two processes at once is written by one of them', async () => {
    const server = await stores.server();
    const [one, other] = [await stores.open(server), await stores.open(server)];
    for (let round = 0; round < 5; round++) {
      const append = appendOf(`s-${round}`, 'no-stream', 'a', 'b');
      const outcomes = await Promise.all([one.append(append), other.append(append), one.append(append)]);
      expect(outcomes.filter((outcome) => outcome.outcome === 'appended' && !outcome.repeated)).toHaveLength(1);
      expect(new Set(outcomes.map((outcome) => outcome.outcome === 'appended' && outcome.position)).size).toBe(1);
    }
  });
});

describe('A server that cannot take appends', () => {
  it('is asked so many times and then reported as unavailable', async () => {
    const server = await stores.server();
    const store = await stores.open(server, { attemptsMax: 3 });
    server.faults.onAppend = () => ({ commit: false, answer: refusals.notReady() });
    await expect(store.append(appendOf('s', 'no-stream', 'a'))).rejects.toThrow(StoreUnavailable);
    expect(server.seen.appends).toBe(3);
  });

  it('that never answers is given up in time', async () => {
    const server = await stores.server();
    const store = await stores.open(server, { attemptsMax: 2, answerMs: 100 });
    server.faults.onAppend = () => 'silence';
    server.faults.mute = true;
    await expect(store.append(appendOf('s', 'no-stream', 'a'))).rejects.toThrow(/no answer within 100 ms/);
    await expect(store.readStream('s')).rejects.toThrow(StoreUnavailable);
    await expect(store.head()).rejects.toThrow(StoreUnavailable);
    await expect(everything(store)).rejects.toThrow(StoreUnavailable);
    expect(await store.check()).toMatchObject({ ok: false });
  });

  it('any faster is given time while it answers', async () => {
    const server = await stores.server();
    const store = await stores.open(server, { answerMs: 400 });
    server.faults.appendMs = 70;
    const outcomes = await store.appendMany(Array.from({ length: 12 }, (_, index) => appendOf(`s-${index}`, 'no-stream', `e-${index}`)));
    expect(outcomes.every(({ outcome }) => outcome === 'appended')).toBe(true);
    // 840 ms in all, more than it may be silent: sent once, over one call.
    expect([server.seen.appends, server.seen.appendCalls]).toEqual([12, 1]);
  });

  it('that denies access says so, without a second try', async () => {
    const server = await stores.server();
    const store = await stores.open(server);
    server.faults.onAppend = () => ({ commit: false, answer: refusals.accessDenied() });
    await expect(store.append(appendOf('s', 'no-stream', 'a'))).rejects.toThrow(/denies access.*check user name and password/);
    expect(server.seen.appends).toBe(1);
  });

  it('that goes away and comes back loses and doubles nothing', async () => {
    const server = await stores.server();
    const store = await stores.open(server, { attemptsMax: 60 });
    await store.append(appendOf('s', 'no-stream', '0'));
    await server.stop();
    const while_ = Array.from({ length: 5 }, (_, index) => store.append(appendOf(`t-${index}`, 'no-stream', `t-${index}`)));
    const read = store.readStream('s');
    await server.start();
    expect((await Promise.all(while_)).every((outcome) => outcome.outcome === 'appended' && !outcome.repeated)).toBe(true);
    expect((await read).map(({ id }) => id)).toEqual(['0']);
    expect((await allIds(store)).sort()).toEqual(['0', 't-0', 't-1', 't-2', 't-3', 't-4']);
  });

  it('and that is away for longer is unavailable for every call', async () => {
    const server = await stores.server();
    const store = await stores.open(server, { attemptsMax: 2 });
    await server.stop();
    await expect(store.append(appendOf('s', 'no-stream', 'a'))).rejects.toThrow(StoreUnavailable);
    await expect(store.readStream('s')).rejects.toThrow(/nobody listens there/);
    await expect(store.head()).rejects.toThrow(StoreUnavailable);
    expect(await store.check()).toEqual({ ok: false, reason: expect.stringContaining('nobody listens there') });
  });

  it('because it does not lead is left for the leader', async () => {
    const [follower, leader] = [await stores.server(), await stores.server()];
    const store = await stores.open(follower);
    follower.faults.failure = notLeader('127.0.0.1', leader.port);
    const { position } = (await store.append(appendOf('s', 'no-stream', 'a'))) as { position: string };
    expect(leader.log.stream('s')).toHaveLength(1);
    expect(await store.head()).toBe(position);
  });

  it('is found among several by gossip, and another one when it fails', async () => {
    const [first, second] = [await stores.server(), await stores.server()];
    first.members = second.members = [
      { port: first.port, isLeader: true },
      { port: second.port, isLeader: false },
    ];
    const connectionString = `esdb://127.0.0.1:${first.port},127.0.0.1:${second.port}?tls=false`;
    const store = await stores.open(first, { connectionString, attemptsMax: 20 });
    await store.append(appendOf('s', 'no-stream', 'a'));
    expect(first.log.stream('s')).toHaveLength(1);
    second.members = [{ port: second.port, isLeader: true }];
    await first.stop();
    await store.append(appendOf('t', 'no-stream', 'b'));
    expect(second.log.stream('t')).toHaveLength(1);
  });

  it('right now is asked again for reads as well', async () => {
    const server = await stores.server();
    const store = await stores.open(server, { attemptsMax: 50 });
    await store.append(appendOf('s', 'no-stream', 'a'));
    server.faults.failure = unavailable();
    const reads = Promise.all([store.readStream('s'), everything(store), store.head()]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    delete server.faults.failure;
    const [stream, all, head] = await reads;
    expect([stream[0]?.id, all[0]?.id, head]).toEqual(['a', 'a', stream[0]?.position]);
  });
});

describe('The size of an append', () => {
  /** Data that makes the event as large as told, in bytes as the server counts. */
  const sized = async (id: string, bytes: number, store: { append(append: ReturnType<typeof appendOf>): Promise<unknown> }) => {
    const probe = { ...appendOf('probe', 'no-stream'), events: [event(id, { text: '' })] };
    const tooLarge = await store
      .append({ ...probe, events: [event(id, { text: 'x'.repeat(2_000_000) })] })
      .catch((error: Error) => error.message);
    const overhead = Number(/has (\d+) bytes/.exec(String(tooLarge))?.[1]) - 2_000_000;
    return event(id, { text: 'x'.repeat(bytes - overhead) });
  };

  it('may be what the server takes, to the byte, and no more; nothing is sent of one above', async () => {
    const server = await stores.server();
    const store = await stores.open(server);
    const exact = await sized('exact', 1_048_576, store);
    const above = event('above', { text: `${exact.data.text}x` });
    const small = appendOf('small', 'no-stream', 'small');
    await expect(store.appendMany([small, { streamId: 's', expected: 'no-stream', events: [above] }])).rejects.toThrow(AppendTooLarge);
    await expect(store.append({ streamId: 's', expected: 'no-stream', events: [exact, event('more')] })).rejects.toThrow(
      /more than the 1048576 that the event store takes/,
    );
    expect(server.seen.appends).toBe(0);
    expect(await store.append({ streamId: 's', expected: 'no-stream', events: [exact] })).toMatchObject({ outcome: 'appended' });
    expect((await store.readStream('s'))[0]?.data).toEqual(exact.data);
  });

  it('bounds each request, however many appends there are in one call', async () => {
    const server = await stores.server();
    const store = await stores.open(server, { unansweredMax: 4 });
    const appends = Array.from({ length: 20 }, (_, index) => ({
      streamId: `s-${index}`,
      expected: 'no-stream' as const,
      events: [event(`${index}/0`, { text: 'x'.repeat(300_000) }), event(`${index}/1`, { text: 'y'.repeat(300_000) })],
    }));
    const outcomes = await store.appendMany(appends);
    expect(outcomes.filter(({ outcome }) => outcome === 'appended')).toHaveLength(20);
    expect(server.seen.requestBytesMax).toBeGreaterThan(600_000);
    expect(server.seen.requestBytesMax).toBeLessThan(1_048_576);
    expect(server.seen.appends).toBe(20);
  });
});
