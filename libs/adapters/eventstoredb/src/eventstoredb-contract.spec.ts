import { eventStoreContract } from '@regulars/port-contracts';
import type { EventStore } from '@regulars/ports';
import { TestServer } from '../spec-support/test-server';
import { openEventStoreDb } from './index';

const servers = new Map<EventStore, TestServer>();

async function open(server: TestServer): Promise<EventStore> {
  const store = await openEventStoreDb({ connectionString: server.connectionString });
  servers.set(store, server);
  return store;
}

eventStoreContract({
  name: 'EventStoreDB (a server in this process)',
  create: async () => open(await new TestServer().start()),
  reopen: async (store) => {
    await store.close();
    return open(servers.get(store) as TestServer);
  },
  dispose: async (store) => {
    await store.close();
    await servers.get(store)?.stop();
  },
});
