import type { DeliveredMessage } from '@regulars/ports';
import { connectionTo, kafkaTrial } from '../spec-support/kafka-lab';
import { assertOrderPerKey, eventually, logMessage, logPosition, sampleMessages } from '../spec-support/messages';
import { type OwnBroker, ownBroker } from '../spec-support/own-broker';
import { KafkaUnavailable } from './connection/errors';

describe('a broker that is killed and started again on its log', () => {
  let broker: OwnBroker;
  beforeAll(async () => {
    broker = await ownBroker();
  });
  afterAll(() => broker.dispose());

  it('loses nothing that was acknowledged, and no order, for publishers that repeat what failed', async () => {
    const trial = await kafkaTrial(connectionTo([broker.address]), ['sample.v1']);
    const bus = await trial.open();
    const got: DeliveredMessage[] = [];
    const reached: Record<string, string> = {};
    const consumption = bus.consume({
      group: 'published',
      topics: ['sample.v1'],
      from: async () => reached,
      sourcesAtOnce: 3,
      onBatch: async (batch, upTo) => {
        got.push(...batch);
        Object.assign(reached, upTo);
      },
    });
    let failures = 0;
    const publishing = (async () => {
      for (let first = 0; first < 4_000; first += 20) {
        for (;;) {
          try {
            await bus.publish(sampleMessages(first, 20));
            break;
          } catch (error) {
            expect(error).toBeInstanceOf(KafkaUnavailable);
            failures++;
          }
        }
      }
    })();
    await eventually('the middle of it', () => got.length > 1_000);
    await broker.kill();
    await eventually('the bus to notice', () => !bus.check().ok, 30_000);
    await broker.start();
    await publishing;
    await eventually('everything', () => new Set(got.map(({ id }) => id)).size === 4_000, 60_000);
    expect(assertOrderPerKey(got)).toBe(4_000);
    await eventually('the bus to be well again', () => bus.check().ok);
    expect(failures).toBeGreaterThanOrEqual(0);
    await consumption.close();
    await trial.dispose();
  });

  it('delivers what a relay carries exactly once and in order to a consumer that goes on from where it was', async () => {
    const trial = await kafkaTrial(connectionTo([broker.address]), ['sample.v1']);
    const bus = await trial.open();
    const got: DeliveredMessage[] = [];
    const watermarks = new Map<string, string>();
    const reached: Record<string, string> = {};
    const consumption = bus.consume({
      group: 'relayed',
      topics: ['sample.v1'],
      from: async () => ({ ...reached }),
      sourcesAtOnce: 3,
      onBatch: async (batch, upTo) => {
        got.push(...batch);
        Object.assign(reached, upTo);
      },
      onWatermark: (source, { logPosition: at }) => void watermarks.set(source, at),
    });
    const relaying = (async () => {
      let checkpoint = 0;
      while (checkpoint < 4_000) {
        const messages = Array.from({ length: 50 }, (_, index) => logMessage(checkpoint + index));
        const watermark = { logPosition: logPosition(checkpoint + 49), observedAt: '2026-03-01T10:00:00.000Z' };
        try {
          await bus.relay({ messages, watermark, topics: ['sample.v1'], epoch: 1 });
          checkpoint += 50;
        } catch (error) {
          expect(error).toBeInstanceOf(KafkaUnavailable);
          // As after a restart: from a checkpoint that is older than what was carried.
          checkpoint = Math.max(0, checkpoint - 100);
        }
      }
    })();
    await eventually('the middle of it', () => got.length > 1_000);
    await broker.kill();
    await eventually('the bus to notice', () => !bus.check().ok, 30_000);
    await broker.start();
    await relaying;
    await eventually(
      'the last watermark everywhere',
      () => watermarks.size === 3 && [...watermarks.values()].every((at) => at === logPosition(3_999)),
      60_000,
    );
    expect(got.map(({ data }) => Number(data.number)).sort((a, b) => a - b)).toEqual(Array.from({ length: 4_000 }, (_, number) => number));
    assertOrderPerKey(got);
    await consumption.close();
    await trial.dispose();
  });
});
