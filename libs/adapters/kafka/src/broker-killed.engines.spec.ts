import type { DeliveredMessage, LogMessage } from '@regulars/ports';
import { connectionTo, kafkaTrial } from '../spec-support/kafka-lab';
import { assertOrderPerKey, eventually, logMessage, logPosition, sampleMessage } from '../spec-support/messages';
import { type OwnBroker, ownBroker } from '../spec-support/own-broker';
import { KafkaUnavailable } from './connection/errors';
import type { KafkaBus } from './kafka-bus';

const MESSAGES = 2_000;
/** A broker takes long to start on a busy machine. */
const PATIENCE_MS = 60_000;

/** Publishes messages one after the other, each part again until it is acknowledged. */
async function publishAll(bus: KafkaBus): Promise<void> {
  for (let first = 0; first < MESSAGES;) {
    try {
      await bus.publish(Array.from({ length: 20 }, (_, index) => sampleMessage(first + index, undefined, 'published.v1')));
      first += 20;
    } catch (error) {
      expect(error).toBeInstanceOf(KafkaUnavailable);
    }
  }
}

/** Relays; where that fails, goes on from an older checkpoint, as after a restart. */
async function relayAll(bus: KafkaBus): Promise<void> {
  for (let checkpoint = 0; checkpoint < MESSAGES;) {
    const messages = Array.from({ length: 50 }, (_, index): LogMessage => ({ ...logMessage(checkpoint + index), topic: 'relayed.v1' }));
    const watermark = { logPosition: logPosition(checkpoint + 49), observedAt: '2026-03-01T10:00:00.000Z' };
    try {
      await bus.relay({ messages, watermark, topics: ['relayed.v1'], epoch: 1 });
      checkpoint += 50;
    } catch (error) {
      expect(error).toBeInstanceOf(KafkaUnavailable);
      checkpoint = Math.max(0, checkpoint - 100);
    }
  }
}

/** A consumer that remembers its positions in what it took in. */
function collect(bus: KafkaBus, topic: string) {
  const got: DeliveredMessage[] = [];
  const reached: Record<string, string> = {};
  const watermarks = new Map<string, string>();
  const consumption = bus.consume({
    group: `of ${topic}`,
    topics: [topic],
    from: async () => ({ ...reached }),
    sourcesAtOnce: 3,
    onBatch: async (batch, upTo) => {
      got.push(...batch);
      Object.assign(reached, upTo);
    },
    onWatermark: (source, { logPosition: at }) => void watermarks.set(source, at),
  });
  return { got, watermarks, consumption };
}

describe('a broker that is killed and started again on its log', () => {
  let broker: OwnBroker;
  beforeAll(async () => {
    broker = await ownBroker();
  });
  afterAll(() => broker?.dispose());

  it('loses and disorders nothing; what a relay carried comes exactly once', async () => {
    const trial = await kafkaTrial(connectionTo([broker.address]), ['published.v1', 'relayed.v1']);
    const bus = await trial.open();
    const published = collect(bus, 'published.v1');
    const relayed = collect(bus, 'relayed.v1');
    const working = Promise.all([publishAll(bus), relayAll(bus)]);
    await eventually('the middle of it', () => published.got.length > 300 && relayed.got.length > 300, PATIENCE_MS);
    await broker.kill();
    await eventually('the bus to notice', () => !bus.check().ok, PATIENCE_MS);
    await broker.start();
    await working;
    await eventually('all that was published', () => new Set(published.got.map(({ id }) => id)).size === MESSAGES, PATIENCE_MS);
    const last = logPosition(MESSAGES - 1);
    await eventually(
      'the last watermark',
      () => relayed.watermarks.size === 3 && [...relayed.watermarks.values()].every((at) => at === last),
      PATIENCE_MS,
    );
    await eventually('the bus to be well again', () => bus.check().ok, PATIENCE_MS);

    expect(assertOrderPerKey(published.got)).toBe(MESSAGES);
    expect(assertOrderPerKey(relayed.got)).toBe(MESSAGES);
    expect(relayed.got).toHaveLength(MESSAGES);
    await trial.dispose();
  }, 300_000);
});
