import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { regulars } from '../../spec-support/run-regulars';
import { wantedTopics } from './topic-settings';

const folder = mkdtempSync(join(tmpdir(), 'regulars-topics-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('which Kafka and which topics', () => {
  const environment = { REGULARS_KAFKA_BROKERS: 'a:1', REGULARS_KAFKA_TOPIC_SUFFIX: '.old', REGULARS_PURCHASE_URL: 'http://127.0.0.1:1' };
  const countsOf = async (options: object) =>
    Object.fromEntries((await wantedTopics(options, environment)).specs.map(({ name, partitions }) => [name, partitions]));

  it('are as the services are set, and options win', async () => {
    const set = await wantedTopics({}, environment);
    expect([set.connection.brokers, set.topicSuffix]).toEqual([['a:1'], '.old']);
    const asked = await wantedTopics({ brokers: 'b:2,c:3', suffix: '.new' }, environment);
    expect([asked.connection.brokers, asked.topicSuffix]).toEqual([['b:2', 'c:3'], '.new']);
    const login = {
      REGULARS_KAFKA_TLS: 'true',
      REGULARS_KAFKA_SASL_MECHANISM: 'plain',
      REGULARS_KAFKA_USERNAME: 'n',
      REGULARS_KAFKA_PASSWORD: 'p',
    };
    expect((await wantedTopics({}, { ...environment, ...login })).connection).toMatchObject({
      ssl: {},
      sasl: { mechanism: 'plain', username: 'n', password: 'p' },
    });
  });

  it('may have other partitions than the file says, topic by topic', async () => {
    const usual = await countsOf({});
    expect(usual).toMatchObject({ 'purchase.events.v1': 12, 'store.events.v1': 1 });
    const partitions = ['purchase.events.v1=6', 'purchase.intake.v1=3'];
    expect(await countsOf({ partitions })).toEqual({ ...usual, 'purchase.events.v1': 6, 'purchase.intake.v1': 3 });
    const file = join(folder, 'topics.yaml');
    writeFileSync(file, 'topics: [{ name: a.v1, partitions: 2, retentionHours: 1 }]');
    expect(await countsOf({ file })).toEqual({ 'a.v1': 2 });
  });

  it.each([
    [[], 'Neither --brokers nor REGULARS_KAFKA_BROKERS'],
    [['--brokers', 'no port'], 'kafka.brokers'],
    [['--brokers', 'a:1', '--suffix', 'ä'], 'kafka.topicSuffix'],
    [['--brokers', 'a:1', '--file', 'nowhere.yaml'], 'nowhere.yaml'],
    [['--brokers', 'a:1', '--partitions', 'purchase.events.v1=0'], 'Write NAME=N'],
    [['--brokers', 'a:1', '--partitions', 'none.v1=3'], 'purchase.events.v1, store.events.v1'],
    [['--brokers', 'a:1', '--replication-factor', '0'], 'a number from 1 to 99'],
  ])('are wrong usage: %j', async (args, words) => {
    const run = await regulars(['topics', 'apply', ...args]);
    expect([run.code, run.err]).toEqual([2, expect.stringContaining(words)]);
  });

  it('cannot be told where no broker is', async () => {
    const run = await regulars(['topics', 'diff', '--brokers', '127.0.0.1:1']);
    expect([run.code, run.err]).toEqual([3, expect.stringContaining('Kafka cannot be reached')]);
  });
});
