import { StoreUnavailable } from '@regulars/ports';
import { TcpProxy } from '@regulars/testing';
import { serverAddress, TestDatabases, testServerUrl, throughProxy } from '../spec-support/test-databases';
import { type MongoDocuments, openMongoDocuments } from './index';

/** How long a call may take here; and how much longer one may be seen to take on a busy machine. */
const TIMEOUT_MS = 1_500;
const LATE_MS = 1_500;
const INDEXES = { name: 'faults', version: '1', indexes: ['rank'] } as const;
const put = (id: string, rank: number) => ({ id, position: String(rank).padStart(4, '0'), document: { rank } });
/** Requests that write to a collection: on the wire the command comes first, then the length and text of the collection's name. */
const writesTo = (collection: string) => {
  const command = new RegExp(`(insert|update)\\0.{4}${collection.replace('.', '\\.')}\\0`, 's');
  return (request: Buffer) => command.test(request.toString('latin1'));
};

/** How a call ended, and that it ended in time. */
async function ended(call: Promise<unknown>): Promise<string> {
  const start = performance.now();
  const outcome = await call.then(
    () => 'done',
    (error: unknown) => (error instanceof StoreUnavailable ? 'unavailable' : String(error)),
  );
  expect(performance.now() - start).toBeLessThan(TIMEOUT_MS + LATE_MS);
  return outcome;
}

describe('documents in MongoDB behind a bad network', () => {
  const databases = new TestDatabases();
  let proxy: TcpProxy;
  let store: MongoDocuments;
  beforeEach(async () => {
    proxy = await TcpProxy.start(serverAddress());
    store = await databases.open({ url: throughProxy(proxy), timeoutMs: TIMEOUT_MS });
  });
  afterEach(async () => {
    proxy.pass();
    await databases.dispose(store);
    await proxy.close();
  });
  afterAll(() => databases.close());

  const documents = () => store.collection<{ rank: number }>(INDEXES);
  /** Tries until it works: the driver finds out by itself that the server is back. */
  const healed = async (call: () => Promise<unknown>) => {
    for (let attempt = 1; ; attempt++) {
      if ((await ended(call())) === 'done') return;
      if (attempt === 10) throw new Error('It did not heal');
    }
  };
  const ranks = async () => (await (await documents()).find({ orderBy: 'rank' })).items.map(({ id, position }) => `${id}@${position}`);

  it.each(['refuse', 'hold', 'dropReplies'] as const)('ends every call in time while the server is away (%s), and heals', async (fault) => {
    const collection = await documents();
    await collection.write([put('a', 1)]);
    proxy[fault]();
    const calls = [
      collection.get('a'),
      collection.find({ where: { rank: 1 } }),
      collection.count(),
      collection.write([put('b', 2)]),
      collection.all()[Symbol.asyncIterator]().next(),
      store.activeVersion('faults'),
      store.switchVersion('faults', undefined, '1'),
      store.loadCheckpoint('consumer'),
      store.saveCheckpoint('consumer', '1'),
      store.dropVersion('faults', 'other'),
      store.collection({ ...INDEXES, version: '2' }),
    ];
    expect(await Promise.all(calls.map(ended))).toEqual(calls.map(() => 'unavailable'));
    expect(await store.check()).toMatchObject({ ok: false });
    proxy.pass();
    await healed(async () => collection.write([put('b', 2)]));
    await collection.write([put('a', 3), put('b', 1)]);
    expect(await ranks()).toEqual(['b@0002', 'a@0003']);
    expect(await store.check()).toEqual({ ok: true });
  });

  it('goes on by itself where connections break between calls, as after a restart of the server', async () => {
    const collection = await documents();
    await collection.write([put('a', 1)]);
    proxy.cut();
    expect(await ended(collection.write([put('a', 2)]))).toBe('done');
    proxy.cut();
    expect((await collection.get('a'))?.document).toEqual({ rank: 2 });
  });

  it('repeats a write whose answer was lost after it was done: the content is right, the count may be lower', async () => {
    const collection = await documents();
    const lostInsert = proxy.loseReply(writesTo('faults.1'));
    expect(await collection.write([put('a', 1), put('b', 1)])).toEqual({ applied: 0, skipped: 2 });
    await lostInsert;
    const lostUpdate = proxy.loseReply(writesTo('faults.1'));
    expect((await collection.write([put('a', 2), put('c', 2)])).applied).toBeLessThan(2);
    await lostUpdate;
    expect(await ranks()).toEqual(['b@0001', 'a@0002', 'c@0002']);
  });

  it('knows its own switch again though the answer was lost', async () => {
    const lost = proxy.loseReply(writesTo('versions'));
    expect(await store.switchVersion('faults', undefined, '1')).toBe(true);
    await lost;
    expect(await store.activeVersion('faults')).toBe('1');
    expect(await store.switchVersion('faults', undefined, '2')).toBe(false);
  });

  it('does not let a write that comes through late move a position back', async () => {
    const collection = await documents();
    await collection.write([put('a', 1)]);
    proxy.hold();
    expect(await ended(collection.write([put('a', 5)]))).toBe('unavailable');
    const direct = await openMongoDocuments({ url: testServerUrl(), database: databases.nameOf(store) });
    await (await direct.collection(INDEXES)).write([put('a', 7)]);
    proxy.pass();
    await healed(async () => collection.get('a'));
    await collection.write([put('a', 6)]);
    expect(await (await direct.collection(INDEXES)).get('a')).toMatchObject({ position: '0007' });
    await direct.close();
  });

  it('works over a slow connection', async () => {
    const collection = await documents();
    proxy.slow(20);
    await collection.write([put('a', 1), put('b', 2)]);
    expect(await ranks()).toEqual(['a@0001', 'b@0002']);
  });

  it('opens only where the server is there, in time, and says neither where it is nor who asks', async () => {
    proxy.refuse();
    const url = throughProxy(proxy).replace('://', '://clerk:hush-hush@');
    const options = { url, database: 'spec-never', timeoutMs: 800 };
    const error = await openMongoDocuments(options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(`${(error as Error).stack} ${JSON.stringify(error)} ${String((error as Error).cause)}`).not.toMatch(/hush|clerk|127\.0\.0\.1/);
    proxy.pass();
  });

  it('rejects after it was closed', async () => {
    const collection = await documents();
    const other = await databases.open();
    const there = await other.collection(INDEXES);
    await databases.dispose(other);
    expect(await ended(there.get('a'))).toBe('unavailable');
    expect(await ended(other.check().then(({ ok }) => expect(ok).toBe(false)))).toBe('done');
    expect(await ended(collection.get('a'))).toBe('done');
  });
});
