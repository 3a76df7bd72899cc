import type { DeliveredMessage } from '@regulars/ports';
import { connectionTo, givenBrokers, kafkaTrial } from '../spec-support/kafka-lab';
import { assertOrderPerKey, eventually, sampleMessages } from '../spec-support/messages';

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('consumers of one group in two processes', () => {
  it('hand a source over only after the slow batch under way, and nothing comes twice', async () => {
    const trial = await kafkaTrial(connectionTo(givenBrokers()), ['sample.v1'], 4);
    try {
      const got: DeliveredMessage[] = [];
      const under = new Map<string, string>();
      const wrongs: string[] = [];
      const asked: string[] = [];
      const join = async (name: string) => {
        const bus = await trial.open();
        return bus.consume({
          group: 'shared',
          topics: ['sample.v1'],
          from: 'committed',
          sourcesAtOnce: 4,
          batchMessagesMax: 10,
          onRevoked: async (sources) => void asked.push(...sources.map((source) => `${name} lost ${source}`)),
          onBatch: async (messages, upTo) => {
            const source = Object.keys(upTo)[0] as string;
            if (under.has(source)) wrongs.push(`${name} began ${source} while ${under.get(source)} was at it`);
            under.set(source, name);
            await sleep(400);
            got.push(...messages);
            under.delete(source);
          },
        });
      };
      const publisher = await trial.open();
      await publisher.publish(sampleMessages(0, 200));
      const first = await join('first');
      await eventually('the first to begin', () => under.size > 0);
      const second = await join('second');
      await eventually('sources to move', () => asked.length > 0);
      await publisher.publish(sampleMessages(200, 100));
      await first.close();
      await eventually('everything', () => got.length >= 300);
      await second.close();
      expect(wrongs).toEqual([]);
      expect(got).toHaveLength(300);
      expect(assertOrderPerKey(got)).toBe(300);
    } finally {
      await trial.dispose();
    }
  });

  it('keep their sources as far as even shares allow, and are not asked again for what they keep', async () => {
    const trial = await kafkaTrial(connectionTo(givenBrokers()), ['sample.v1'], 4);
    try {
      const told: string[] = [];
      const join = async (name: string) =>
        (await trial.open()).consume({
          group: 'kept',
          topics: ['sample.v1'],
          from: async (sources) => {
            told.push(`${name} asked ${sources.length}`);
            return {};
          },
          onRevoked: async (sources) => void told.push(`${name} lost ${sources.length}`),
          onBatch: async () => undefined,
        });
      const first = await join('first');
      await eventually('the first to be asked', () => told.length === 1);
      const second = await join('second');
      await eventually('the second to be asked', () => told.length === 3);
      await second.close();
      await eventually('the first to be asked again', () => told.length === 5);
      await first.close();
      expect(told).toEqual(['first asked 4', 'first lost 2', 'second asked 2', 'second lost 2', 'first asked 2', 'first lost 4']);
    } finally {
      await trial.dispose();
    }
  });

  it('closes within its deadline though a handler hangs, and commits what it had done', async () => {
    const trial = await kafkaTrial(connectionTo(givenBrokers(), { closeTimeoutMs: 1_000 }), ['sample.v1'], 1);
    try {
      const bus = await trial.open();
      await bus.publish(sampleMessages(0, 10));
      let begun = false;
      bus.consume({
        group: 'hanging',
        topics: ['sample.v1'],
        from: 'committed',
        onBatch: async (messages, _, done) => {
          for (const message of messages.slice(0, 4)) done(message);
          begun = true;
          await new Promise(() => undefined);
        },
      });
      await eventually('the batch', () => begun);
      const started = performance.now();
      await bus.close();
      expect(performance.now() - started).toBeLessThan(5_000);
      const got: string[] = [];
      const after = (await trial.open()).consume({
        group: 'hanging',
        topics: ['sample.v1'],
        from: 'committed',
        onBatch: async (messages) => void got.push(...messages.map(({ id }) => id)),
      });
      await eventually('the rest', () => got.length >= 6);
      expect(got).toEqual(sampleMessages(4, 6).map(({ id }) => id));
      await after.close();
    } finally {
      await trial.dispose();
    }
  });

  it('refuses to go on from a position that the topic does not hold', async () => {
    const trial = await kafkaTrial(connectionTo(givenBrokers()), ['sample.v1'], 1);
    try {
      const bus = await trial.open();
      const from = { [`sample.v1${trial.suffix}/0`]: '0000000000000099@#' };
      const consumption = bus.consume({ group: 'lost', topics: ['sample.v1'], from, onBatch: async () => undefined });
      await expect(consumption.ended).rejects.toThrow('cannot go on at offset 100');
      const foreign = bus.consume({
        group: 'foreign',
        topics: ['sample.v1'],
        from: { [`sample.v1${trial.suffix}/0`]: 'x' },
        onBatch: async () => undefined,
      });
      await expect(foreign.ended).rejects.toThrow('is no position of this bus');
    } finally {
      await trial.dispose();
    }
  });
});
