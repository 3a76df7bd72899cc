import { createServer } from 'node:net';
import { StoreUnavailable } from '@regulars/ports';
import { accessDenied, unauthenticated } from '../spec-support/server-messages';
import { appendOf, Stores } from '../spec-support/stores';
import { BadConnectionString, openEventStoreDb, UnreadableEvent } from './index';

const stores = new Stores();
afterEach(() => stores.end());

/** A port on which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('Opening an event store', () => {
  it('whose server is away says so, may be tried again, and tells no password', async () => {
    const port = await freePort();
    const opening = openEventStoreDb({ connectionString: `esdb://admin:top-secret@127.0.0.1:${port}?tls=false` });
    const error = await opening.catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect((error as Error).message).toMatch(new RegExp(`nobody listens there.*server: 127.0.0.1:${port}$`));
    expect(String((error as Error).stack)).not.toContain('top-secret');
  });

  it('with a user that may not, or whose password is wrong, says what to do', async () => {
    const server = await stores.server();
    server.faults.failure = accessDenied();
    await expect(stores.open(server)).rejects.toThrow(/denies access: check user name and password/);
    server.faults.failure = unauthenticated();
    await expect(stores.open(server)).rejects.toThrow(/password/);
    delete server.faults.failure;
    expect(await (await stores.open(server)).check()).toEqual({ ok: true });
  });

  it('with TLS on a server without says what to do', async () => {
    const server = await stores.server();
    await expect(stores.open(server, { connectionString: `esdb://localhost:${server.port}?tls=true` })).rejects.toThrow(
      /does not speak TLS there: check the port, or say \?tls=false|connection was cut/,
    );
  });

  it('with files that are not there, or numbers that cannot be, says which', async () => {
    const server = await stores.server();
    await expect(stores.open(server, { connectionString: 'esdb://h:1?tls=true', tlsCaFile: '/nowhere/ca.pem' })).rejects.toThrow(
      /TLS settings .* certificate file/,
    );
    await expect(stores.open(server, { attemptsMax: 0 })).rejects.toThrow('attemptsMax must be a whole number of at least 1, not 0');
    await expect(stores.open(server, { streamPrefix: '$mine' })).rejects.toThrow(RangeError);
    await expect(stores.open(server, { connectionString: 'http://127.0.0.1' })).rejects.toThrow(BadConnectionString);
  });
});

describe('An event store that is open', () => {
  it('refuses what cannot be right before it sends anything', async () => {
    const store = await stores.open(await stores.server());
    await expect(store.append(appendOf('', 'no-stream', 'a'))).rejects.toThrow('must not be empty');
    await expect(store.append(appendOf('\ud800', 'no-stream', 'a'))).rejects.toThrow('valid Unicode');
    await expect(store.append(appendOf('s', -1, 'a'))).rejects.toThrow('expects revision -1');
    const [bad] = appendOf('s', 'no-stream', 'a').events;
    await expect(store.append({ streamId: 's', expected: 'no-stream', events: [{ ...bad, type: '$x' } as never] })).rejects.toThrow(
      RangeError,
    );
    expect(() => store.subscribe({ onBatch: async () => undefined, batchEventsMax: 0 })).toThrow(RangeError);
    await expect(async () => {
      for await (const _ of store.readAll('000017')) void _;
    }).rejects.toThrow('is no position of an EventStoreDB');
    expect(await store.readStream('s', { limit: 0 })).toEqual([]);
  });

  it('on a server that is too old says so', async () => {
    const server = await stores.server();
    const store = await stores.open(server);
    await store.append(appendOf('s', 'no-stream', 'a', 'b'));
    server.faults.isOld = true;
    await expect(store.readStream('s')).rejects.toThrow(UnreadableEvent);
    await expect(store.readStream('s')).rejects.toThrow(/older than version 22.10/);
  });

  it('keeps ids that are UUIDs, and any others', async () => {
    const server = await stores.server();
    const store = await stores.open(server);
    const uuid = '3f0b4c55-4b0f-5f0e-8a3c-0f2d5f6e7a81';
    const ids = [uuid, uuid.toUpperCase(), '00000000-0000-0000-0000-000000000000', 'receipt 17', ''];
    await store.append(appendOf('s', 'no-stream', ...ids));
    expect((await store.readStream('s')).map(({ id }) => id)).toEqual(ids);
    const stored = server.log.stream('s').map(({ id }) => id);
    expect(stored[0]).toBe(uuid);
    expect(new Set(stored).size).toBe(ids.length);
  });

  it('keeps nothing of reads that were not read to the end', async () => {
    const store = await stores.open(await stores.server());
    const { disposableStreams } = (store as unknown as { client: { disposableStreams: Set<unknown> } }).client;
    for (let round = 0; round < 10; round++) {
      await store.appendMany(Array.from({ length: 20 }, (_, index) => appendOf(`${round}-${index}`, 'no-stream', `${round}/${index}`)));
      await store.head();
      for await (const _ of store.readAll(undefined, 1)) break;
      const subscription = store.subscribe({ onBatch: async () => undefined });
      await store.check();
      await subscription.close();
    }
    for (let turn = 0; disposableStreams.size > 1 && turn < 500; turn++) await new Promise((resolve) => setTimeout(resolve, 10));
    // The call for appends stays open.
    expect(disposableStreams.size).toBeLessThanOrEqual(1);
  });

  it('does nothing more once it is closed', async () => {
    const store = await stores.open(await stores.server());
    await store.close();
    await expect(store.append(appendOf('s', 'no-stream', 'a'))).rejects.toThrow(StoreUnavailable);
    expect(() => store.subscribe({ onBatch: async () => undefined })).toThrow(StoreUnavailable);
    expect(await store.check()).toEqual({ ok: false, reason: 'The event store is closed' });
    await store.close();
  });
});
