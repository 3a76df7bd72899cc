import type { Kafka, ProducerBatch } from 'kafkajs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { kafkaClient } from '../connection/client';
import { timingsOf } from '../connection/options';
import { Troubles } from '../connection/troubles';
import type { OutgoingRecord } from '../messages/record';
import { Outbox } from './outbox';

const limits = { bytesMax: 10_000, recordsMax: 100 };

function recordOf(text: string): OutgoingRecord {
  return { topic: 'things.v1', key: null, value: Buffer.from(text), headers: {} };
}

/** A Kafka that takes everything at once. */
function willing(taken: string[]): Kafka {
  const sendBatch = ({ topicMessages = [] }: ProducerBatch): Promise<unknown> => {
    for (const { messages } of topicMessages) for (const { value } of messages) taken.push(String(value));
    return Promise.resolve([]);
  };
  const producer = { connect: () => Promise.resolve(), disconnect: () => Promise.resolve(), sendBatch };
  return { producer: () => producer } as unknown as Kafka;
}

describe('an outbox', () => {
  it('writes what is given at the very moment in which the request before has ended', async () => {
    const taken: string[] = [];
    const timings = timingsOf({ brokers: [], clientId: 'spec' });
    const outbox = new Outbox({ kafka: willing(taken), timings, troubles: new Troubles(undefined), limits, waitingRecordsMax: 100 });
    for (const text of ['a', 'b', 'c']) await outbox.send([recordOf(text)]);
    expect(taken).toEqual(['a', 'b', 'c']);
    await outbox.close();
  });

  describe('before a broker that takes connections and never answers', () => {
    const sockets = new Set<Socket>();
    let server: Server;
    let connections = 0;
    beforeEach(async () => {
      server = createServer((socket) => {
        connections++;
        sockets.add(socket);
        socket.on('error', () => undefined);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    });
    afterEach(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });

    it('closes within its time', async () => {
      const brokers = [`127.0.0.1:${(server.address() as AddressInfo).port}`];
      const connection = {
        brokers,
        clientId: 'spec',
        timings: { requestTimeoutMs: 4_000, retries: 1, retryFirstMs: 10, sendTimeoutMs: 200, closeTimeoutMs: 300 },
      };
      const troubles = new Troubles(undefined);
      const timings = timingsOf(connection);
      const outbox = new Outbox({ kafka: kafkaClient(connection), timings, troubles, limits, waitingRecordsMax: 100 });
      await expect(outbox.send([recordOf('a')])).rejects.toThrow('no answer within 200 ms');
      // It tries to connect again by itself.
      while (connections < 2) await new Promise((resolve) => setTimeout(resolve, 5));
      const begunAt = performance.now();
      await outbox.close();
      expect(performance.now() - begunAt).toBeLessThan(1_500);
    });
  });
});
