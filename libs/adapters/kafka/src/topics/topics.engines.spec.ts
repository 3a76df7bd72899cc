import { randomUUID } from 'node:crypto';
import { connectionTo, givenBrokers, topicsNamed } from '../../spec-support/kafka-lab';
import { asAdmin, kafkaClient } from '../connection/client';
import { KafkaUnavailable } from '../connection/errors';
import { openKafkaBus } from '../kafka-bus';
import { applyTopics } from './apply-topics';
import { diffTopics } from './diff-topics';
import { findTopics } from './found-topics';
import { TopicsUnfit, withFoundPartitions } from './required-topics';

describe('topics on a real broker', () => {
  const topicSuffix = `-${randomUUID().slice(0, 8)}`;
  const physical = `topics.v1${topicSuffix}`;
  const specs = topicsNamed(['topics.v1'], 2);
  const connection = connectionTo(process.env.REGULARS_TEST_KAFKA_BROKERS ? givenBrokers() : ['127.0.0.1:1']);

  afterAll(() => asAdmin(kafkaClient(connection), (admin) => admin.deleteTopics({ topics: [physical] })));

  it('are refused where they are missing, with the command that creates them', async () => {
    const opening = openKafkaBus({ connection, chain: 'demo', topics: specs, topicSuffix });
    await expect(opening).rejects.toThrow(TopicsUnfit);
    await expect(opening).rejects.toThrow(`Topic "${physical}" is missing (2 partitions expected). Create it with: regulars topics apply`);
  });

  it('are created once, and then are as they must be', async () => {
    expect(await diffTopics(connection, specs, topicSuffix)).toEqual([{ kind: 'missing', topic: physical, expected: 2 }]);
    expect(await applyTopics(connection, specs, { topicSuffix })).toEqual({ created: [physical], changed: [], refused: [] });
    expect(await diffTopics(connection, specs, topicSuffix)).toEqual([]);
    expect(await applyTopics(connection, specs, { topicSuffix })).toEqual({ created: [], changed: [], refused: [] });
  });

  it('get other settings, and keep those that nobody asked for', async () => {
    const first = specs.map((spec) => ({ ...spec, config: { 'segment.ms': '600000' } }));
    expect((await applyTopics(connection, first, { topicSuffix })).changed).toEqual([physical]);
    const second = specs.map((spec) => ({ ...spec, retentionHours: 1 }));
    expect((await applyTopics(connection, second, { topicSuffix })).changed).toEqual([physical]);
    const found = await asAdmin(kafkaClient(connection), (admin) => findTopics(admin, [physical]));
    expect(found.get(physical)?.ownSettings).toMatchObject({
      'segment.ms': '600000',
      'retention.ms': '3600000',
      'cleanup.policy': 'delete',
    });
  });

  it('keep their number of partitions: another is refused, not applied', async () => {
    const more = topicsNamed(['topics.v1'], 5);
    const { refused } = await applyTopics(connection, more, { topicSuffix });
    expect(refused).toEqual([{ kind: 'partitions', topic: physical, expected: 5, found: 2 }]);
    const opening = openKafkaBus({ connection, chain: 'demo', topics: more, topicSuffix });
    await expect(opening).rejects.toThrow(`Topic "${physical}" has 2 partitions, expected are 5`);
  });

  it('may be taken as they are, missing ones excepted', async () => {
    const asked = topicsNamed(['topics.v1', 'missing.v1'], 5);
    const found = await withFoundPartitions(connection, asked, topicSuffix);
    expect(found.map(({ name, partitions }) => [name, partitions])).toEqual([
      ['topics.v1', 2],
      ['missing.v1', 5],
    ]);
    const bus = await openKafkaBus({ connection, chain: 'demo', topics: found.slice(0, 1), topicSuffix });
    await bus.close();
    await expect(openKafkaBus({ connection, chain: 'demo', topics: found, topicSuffix })).rejects.toThrow(TopicsUnfit);
  });

  it('are refused, not taken for an outage, where more copies are asked for than there are brokers', async () => {
    const applying = applyTopics(connection, specs, { topicSuffix: `${topicSuffix}-copies`, replicationFactor: 99 });
    await expect(applying).rejects.toThrow(/replication.factor/i);
    await expect(applying).rejects.not.toThrow(KafkaUnavailable);
  });

  it('cannot be looked at where no broker is: that may be tried again', async () => {
    const nowhere = connectionTo(['127.0.0.1:1'], { retries: 1 });
    await expect(openKafkaBus({ connection: nowhere, chain: 'demo', topics: specs })).rejects.toThrow(KafkaUnavailable);
    await expect(diffTopics(nowhere, specs)).rejects.toThrow(/may be tried again/);
  });
});
