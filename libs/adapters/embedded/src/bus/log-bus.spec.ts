import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixedClock } from '@regulars/kernel';
import { eventBusContract } from '@regulars/port-contracts';
import type { EventBusSubject } from '@regulars/port-contracts';
import type { Watermark } from '@regulars/ports';
import { InMemoryDocumentStore, InMemoryEventStore } from '@regulars/testing';
import { openEventLog } from '../event-log/event-log';
import type { EventLog } from '../event-log/event-log';
import { openLogBus } from './log-bus';

const clock = fixedClock(Date.parse('2026-03-01T10:00:00Z'));
interface Opened {
  readonly log: EventLog;
  readonly directory: string;
  readonly checkpoints: InMemoryDocumentStore;
}

const logs = new WeakMap<EventBusSubject, Opened>();

async function open(directory: string, checkpoints = new InMemoryDocumentStore()): Promise<EventBusSubject> {
  const log = await openEventLog({ directory, clock });
  const subject: EventBusSubject = {
    bus: openLogBus({ eventStore: log, publishers: [], chain: 'demo', checkpoints }),
    topics: ['one', 'two'],
    chain: 'demo',
  };
  logs.set(subject, { log, directory, checkpoints });
  return subject;
}

eventBusContract({
  name: 'the bus on the event log',
  create: async () => open(await mkdtemp(join(tmpdir(), 'log-bus-'))),
  reopen: async (subject) => {
    const { log, directory = '', checkpoints } = logs.get(subject) ?? {};
    await log?.close();
    return open(directory, checkpoints);
  },
  dispose: async (subject) => {
    const { log, directory = '' } = logs.get(subject) ?? {};
    await log?.close();
    await rm(directory, { recursive: true, force: true });
  },
});

describe('the bus on the event log', () => {
  const message = (id: string) => ({
    id,
    key: id,
    topic: 'one',
    type: 'happened.v1',
    data: {},
    chain: 'demo',
    occurredAt: '2026-03-01T10:00:00.000Z',
    correlationId: 'c',
  });

  test('refuses a group that asks for committed positions where it was given nothing to keep them in', () => {
    const bus = openLogBus({ eventStore: new InMemoryEventStore(clock), publishers: [], chain: 'demo' });
    expect(() => bus.consume({ group: 'g', topics: [], from: 'committed', onBatch: async () => undefined })).toThrow(/without checkpoints/);
  });

  test('tells behind each batch how far the log was handed over, and when nothing more is there', async () => {
    const laterClock = fixedClock(Date.parse('2026-03-01T10:00:00Z'));
    const eventStore = new InMemoryEventStore(laterClock);
    const bus = openLogBus({ eventStore, publishers: [], chain: 'demo', clock: laterClock });
    await bus.publish([message('a')]);
    laterClock.advance(1_000);
    await bus.publish([message('b')]);
    laterClock.advance(5_000);
    const heard: (string | Watermark)[] = [];
    await new Promise<void>((resolve, reject) => {
      const consumption = bus.consume({
        group: 'g',
        topics: ['one'],
        from: {},
        batchMessagesMax: 1,
        onBatch: async (messages) => void heard.push(...messages.map(({ id }) => id)),
        onWatermark: (_, watermark) => void heard.push(watermark),
        onCaughtUp: () => void consumption.close().then(resolve),
      });
      consumption.ended.catch(reject);
    });
    const [first, second] = await Promise.all(['a', 'b'].map(async (id) => (await eventStore.readStream(`bus-${id}`))[0]?.position));
    expect(heard).toEqual([
      'a',
      { logPosition: first, observedAt: '2026-03-01T10:00:00.000Z' },
      'b',
      { logPosition: second, observedAt: '2026-03-01T10:00:01.000Z' },
      { logPosition: second, observedAt: '2026-03-01T10:00:06.000Z' },
    ]);
  });
});
