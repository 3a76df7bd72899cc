import { eventStoreClauses, eventStoreContract, type EventStoreSubject, withBug } from '@regulars/port-contracts';
import type { EventStore } from '@regulars/ports';
import { portBugs } from '@regulars/testing';
import { plant } from '../spec-support/plant';
import { plantedBugs } from '../spec-support/planted-bugs';
import { TestServer } from '../spec-support/test-server';
import { openEventStoreDb } from './index';

const servers = new Map<EventStore, TestServer>();

async function open(server: TestServer): Promise<EventStore> {
  const store = await openEventStoreDb({ connectionString: server.connectionString, retryPauseMs: 5, attemptsMax: 4 });
  servers.set(store, server);
  return store;
}

function subject(prepare: (server: TestServer) => void = () => undefined): EventStoreSubject {
  return {
    create: async () => {
      const server = await new TestServer().start();
      prepare(server);
      return open(server);
    },
    reopen: async (store) => {
      await store.close();
      return open(servers.get(store) as TestServer);
    },
    dispose: async (store) => {
      await store.close();
      await servers.get(store)?.stop();
    },
  };
}

eventStoreContract({ name: 'EventStoreDB (a server in this process)', ...subject() });

describe('The contract sees an adapter that', () => {
  it.each(plantedBugs.map((planted) => [planted.bug, planted] as const))('%s', async (_, planted) => {
    const clause = eventStoreClauses.find(({ name }) => name === planted.caughtBy);
    if (!clause) throw new Error(`No clause is named "${planted.caughtBy}"`);
    const undo = plant(planted);
    try {
      await expect(clause.check({ ...subject(planted.prepare), patienceMs: 1_000 })).rejects.toThrow();
    } finally {
      undo();
    }
    // Without the mistake the same clause holds on the same server: it is not that what fails.
    if (planted.methods && planted.prepare) await clause.check(subject(planted.prepare));
  });
});

describe('Over it the contract sees a store that', () => {
  it.each(portBugs.map((planted) => [planted.bug, planted] as const))('%s', async (_, planted) => {
    const clause = eventStoreClauses.find(({ name }) => name === planted.caughtBy);
    if (!clause) throw new Error(`No clause is named "${planted.caughtBy}"`);
    await expect(clause.check({ ...withBug(planted, subject()), patienceMs: 1_000 })).rejects.toThrow();
  });
});
