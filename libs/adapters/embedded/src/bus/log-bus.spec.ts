import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixedClock } from '@regulars/kernel';
import { eventBusContract } from '@regulars/port-contracts';
import type { EventBusSubject } from '@regulars/port-contracts';
import { openEventLog } from '../event-log/event-log';
import type { EventLog } from '../event-log/event-log';
import { openLogBus } from './log-bus';

const clock = fixedClock(Date.parse('2026-03-01T10:00:00Z'));
const logs = new WeakMap<EventBusSubject, { readonly log: EventLog; readonly directory: string }>();

async function open(directory: string): Promise<EventBusSubject> {
  const log = await openEventLog({ directory, clock });
  const subject: EventBusSubject = {
    bus: openLogBus({ eventStore: log, publishers: [], chain: 'demo' }),
    topics: ['one', 'two'],
    chain: 'demo',
  };
  logs.set(subject, { log, directory });
  return subject;
}

eventBusContract({
  name: 'the bus on the event log',
  create: async () => open(await mkdtemp(join(tmpdir(), 'log-bus-'))),
  reopen: async (subject) => {
    const { log, directory } = logs.get(subject) ?? { directory: '' };
    await log?.close();
    return open(directory);
  },
  dispose: async (subject) => {
    const { log, directory = '' } = logs.get(subject) ?? {};
    await log?.close();
    await rm(directory, { recursive: true, force: true });
  },
});
