import type { DeliveredMessage } from '@regulars/ports';
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { connectionTo, givenBrokers, kafkaTrial } from '../spec-support/kafka-lab';
import { eventually, sampleMessages } from '../spec-support/messages';

interface Told {
  readonly batch?: string[];
  readonly revoked?: string[];
  readonly failed?: string;
}

const ids = (messages: readonly { readonly id: string }[]): string[] => messages.map(({ id }) => id);

describe('a consumer frozen past its session', () => {
  it('is fenced: what it had fetched is not handed over, what it was at is not committed, nothing is lost', async () => {
    let child: ChildProcess | undefined;
    const trial = await kafkaTrial(connectionTo(givenBrokers()), ['sample.v1'], 1);
    try {
      const bus = await trial.open();
      await bus.publish(sampleMessages(0, 50));

      const { connection, topics, suffix: topicSuffix } = trial;
      const argument = JSON.stringify({ bus: { connection, topics, topicSuffix, chain: 'demo' }, group: 'frozen', topic: 'sample.v1' });
      const told: Told[] = [];
      child = fork(join(__dirname, '../spec-process/consuming-process.cjs'), [argument], { execArgv: [] });
      child.on('message', (message: Told) => told.push(message));
      const childGot = (): string[] => told.flatMap(({ batch = [] }) => batch);
      await eventually('the first batch', () => childGot().length > 0);
      child.kill('SIGSTOP');

      const got: DeliveredMessage[] = [];
      const rival = bus.consume({
        group: 'frozen',
        topics: ['sample.v1'],
        from: 'committed',
        onBatch: async (batch) => void got.push(...batch),
      });
      await eventually('the rival to take everything over', () => got.length >= 50);
      expect(ids(got)).toEqual(ids(sampleMessages(0, 50)));

      child.kill('SIGCONT');
      child.send('go');
      await eventually('the frozen one to notice', () => told.some(({ revoked }) => revoked !== undefined));
      const later = sampleMessages(50, 10);
      await bus.publish(later);
      await eventually('what came later', () => new Set([...ids(got).slice(50), ...childGot().slice(5)]).size >= 10);
      expect(told.filter(({ failed }) => failed)).toEqual([]);
      // Only the batch it was at when it froze, and its share of what came later.
      expect(childGot().slice(0, 5)).toEqual(ids(sampleMessages(0, 5)));
      expect(ids(later)).toEqual(expect.arrayContaining(childGot().slice(5)));
      expect([...new Set([...ids(got).slice(50), ...childGot().slice(5)])].sort()).toEqual(ids(later).sort());
      await rival.close();
    } finally {
      child?.kill('SIGKILL');
      await trial.dispose();
    }
  });
});
