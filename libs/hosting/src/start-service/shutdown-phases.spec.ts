import { createLogger } from '@regulars/runtime';
import { shutdownEnd, ShutdownPhases } from './shutdown-phases';

const logger = createLogger({ level: 'silent' });
const never = () => new Promise<void>(() => undefined);

describe('shutdown in phases', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('is over before a process is killed, though every step hangs, and none is left out', async () => {
    const begun: string[] = [];
    const hanging = (name: string) => () => {
      begun.push(name);
      return never();
    };
    const composed = new ShutdownPhases();
    for (const phase of ['relay', 'projections', 'projections', 'consuming', 'requests'] as const)
      composed.add(phase, phase, hanging(phase));
    const connected = new ShutdownPhases();
    for (const name of ['Kafka', 'MongoDB', 'EventStoreDB']) connected.add('stores', name, hanging(name));

    const endsAt = shutdownEnd(20);
    const done = composed.run(logger, 20, endsAt).then(() => connected.run(logger, 20, endsAt));
    await jest.advanceTimersByTimeAsync(29_500);
    await done;
    expect(begun).toEqual(['requests', 'consuming', 'projections', 'projections', 'relay', 'EventStoreDB', 'MongoDB', 'Kafka']);
  });

  it('gives a step its time where the others are quick', async () => {
    const phases = new ShutdownPhases();
    let ended = false;
    phases.add('stores', 'slow', () => new Promise<void>((resolve) => setTimeout(resolve, 4_900)).then(() => void (ended = true)));
    phases.add('requests', 'requests', () => undefined);
    const done = phases.run(logger, 1);
    await jest.advanceTimersByTimeAsync(5_000);
    await done;
    expect(ended).toBe(true);
  });
});
