import type { DeliveredMessage, EventBus } from '@regulars/ports';
import { checkHistory, emptyPartitions, InMemoryEventBus } from '@regulars/testing';
import fc from 'fast-check';
import { GROUP, type Task, turn, Workplace } from '../../spec-support/handled';
import type { DeadLetters } from '../dead-letters/dead-letters';
import type { Following } from './following';

const task = fc.record({
  key: fc.constantFrom('ann', 'bob', 'cem', 'dan'),
  failures: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(5) }),
  poison: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  turns: fc.nat(3),
});

/** What happens to the consumers, in between some turns. */
const step = fc.record({
  what: fc.constantFrom('give', 'give', 'give', 'restart a', 'restart b', 'leave b', 'crash', 'forgive', 'redrive ann', 'redrive bob'),
  turns: fc.nat(12),
});

async function play(work: Workplace, tasks: readonly Task[], steps: readonly { what: string; turns: number }[]): Promise<void> {
  const running = new Map<string, Following>();
  const restart = async (consumer: string) => {
    await running.get(consumer)?.close();
    running.set(consumer, (await work.start(consumer)).following);
  };
  await restart('a');
  const left = [...tasks];
  for (const { what, turns } of steps) {
    const [verb, name = ''] = what.split(' ');
    if (verb === 'give') await work.give(...left.splice(0, 6));
    else if (verb === 'restart') await restart(name);
    else if (verb === 'leave') await running.get(name)?.close();
    else if (verb === 'crash') {
      work.crash();
      running.clear();
      await restart('a');
    } else if (verb === 'forgive') work.forgiving = true;
    else await (running.get('b') ?? running.get('a'))?.redrive(GROUP, name);
    for (let count = 0; count < turns; count++) await turn();
  }
  await work.give(...left);
  await restart('a');
  await work.settled();
  expect(checkHistory(await work.record()).problems).toEqual([]);

  work.forgiving = true;
  for (let round = 0; round < 100 && (await work.parked()).length > 0; round++) {
    for (const key of ['ann', 'bob', 'cem', 'dan']) await running.get('a')?.redrive(GROUP, key);
  }
  expect(await work.parked()).toEqual([]);
}

test('order per key and at least once hold over transient faults, poison, restarts, crashes, sharing and re-drives', async () => {
  const property = fc.asyncProperty(
    fc.array(task, { minLength: 1, maxLength: 40 }),
    fc.array(step, { maxLength: 14 }),
    async (tasks, steps) => {
      const work = new Workplace();
      try {
        await play(work, tasks, steps);
        const { problems, handled } = checkHistory(work.history);
        expect([problems, handled]).toEqual([[], tasks.length]);
      } finally {
        await work.close();
      }
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

/** A bus that spoils the batches it hands over. */
function spoiled(spoil: (messages: readonly DeliveredMessage[]) => readonly DeliveredMessage[]): EventBus {
  const bus = new InMemoryEventBus(emptyPartitions(1));
  return {
    publish: (messages) => bus.publish(messages),
    consume: (options) => bus.consume({ ...options, onBatch: (messages, ...rest) => options.onBatch(spoil(messages), ...rest) }),
  };
}

describe('the check of a history finds planted faults', () => {
  const tasks = ['ann', 'bob', 'ann', 'bob'].map((key) => ({ key }));
  const problemsOf = async (
    work: Workplace,
    prepare: (started: Awaited<ReturnType<Workplace['start']>>) => void,
    given: readonly Task[] = tasks,
  ) => {
    await work.give(...given);
    const started = await work.start('a');
    prepare(started);
    while (!started.following.status().caughtUp) await turn();
    await work.close();
    return checkHistory(await work.record()).problems;
  };

  it('messages handed over out of order', async () => {
    expect(await problemsOf(new Workplace(spoiled((messages) => messages.toReversed())), () => undefined)).toContain(
      'a began ann-3 of ann before ann-1 was handled',
    );
  });

  it('messages that are lost', async () => {
    expect(await problemsOf(new Workplace(spoiled((messages) => messages.slice(1))), () => undefined)).toContain(
      'ann-1 of ann is lost: neither handled nor parked',
    );
  });

  it('what follows poison handled all the same', async () => {
    const poisoned = [{ key: 'ann', poison: true }, { key: 'ann' }];
    const neverBlocks = ({ letters }: { letters: DeadLetters }) => void (letters.stillBlocks = () => Promise.resolve(false));
    expect(await problemsOf(new Workplace(), neverBlocks, poisoned)).toEqual(['a began ann-2 of ann before ann-1 was handled']);
  });
});
