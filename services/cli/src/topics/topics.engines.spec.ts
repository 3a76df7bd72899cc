import { randomUUID } from 'node:crypto';
import { regulars } from '../../spec-support/run-regulars';

const brokers = process.env.REGULARS_TEST_KAFKA_BROKERS;
if (!brokers) throw new Error('Run this by `npm run test:engines`: it starts Kafka');

describe('topics of a real Kafka', () => {
  const environment = { REGULARS_KAFKA_BROKERS: brokers, REGULARS_KAFKA_TOPIC_SUFFIX: `.cli-${randomUUID().slice(0, 8)}` };
  const topics = (...args: string[]) => regulars(['topics', ...args, '--partitions', 'purchase.events.v1=2'], environment);

  it('are missing, are created, and then are as they must be', async () => {
    const before = await topics('diff');
    expect([before.code, before.err]).toEqual([5, expect.stringContaining('regulars topics apply')]);
    expect(before.out.split('\n').filter((line) => line.includes('missing'))).toHaveLength(6);
    const applied = await topics('apply', '--json');
    expect([applied.code, JSON.parse(applied.out)]).toMatchObject([0, { changed: [], refused: [] }]);
    expect(await topics('diff')).toEqual({ code: 0, out: 'All topics are as they must be.\n', err: '' });
    expect(await topics('apply')).toEqual({ code: 0, out: 'Nothing had to be changed.\n', err: '' });
  });

  it('keep their partitions: the difference is shown, and another number is refused with where to read on', async () => {
    const other = ['--partitions', 'purchase.events.v1=5'];
    const asked = await regulars(['topics', 'apply', ...other], environment);
    expect([asked.code, asked.err]).toEqual([1, expect.stringContaining('change-partitions.md')]);
    const compared = await regulars(['topics', 'diff', ...other, '--json'], environment);
    expect([compared.code, JSON.parse(compared.out)]).toMatchObject([5, { differences: [{ kind: 'partitions', expected: 5, found: 2 }] }]);
  });

  it('cannot have more copies than there are brokers, which is a refusal and no outage', async () => {
    const run = await regulars(['topics', 'apply', '--suffix', '.copies', '--replication-factor', '9'], environment);
    expect([run.code, run.err]).toEqual([1, expect.stringMatching(/Kafka refuses[\s\S]*replication.factor/i)]);
  });
});
