import { emptyPartitions, InMemoryEventBus, type InMemoryPartitions } from '@regulars/testing';
import type { EventBusLab, EventBusSubject } from './clause';
import { eventBusClauses } from './clauses';
import { eventBusContract } from './contract';
import type { PlantedBug } from './planted-bug';
import { plantedEventBusBugs } from './planted-bugs';

/** Long enough for anything that happens in memory; only what never happens takes so long. */
const PATIENCE_MS = 250;

function labOf(open: PlantedBug['open'], patienceMs?: number): EventBusLab {
  const kept = new WeakMap<EventBusSubject, InMemoryPartitions>();
  const start = async (partitions: InMemoryPartitions): Promise<EventBusSubject> => {
    const subject: EventBusSubject = { bus: open(partitions), topics: ['contract-a', 'contract-b'], chain: 'demo' };
    kept.set(subject, partitions);
    return subject;
  };
  return {
    create: () => start(emptyPartitions()),
    reopen: (subject) => start(kept.get(subject) ?? emptyPartitions()),
    dispose: async () => undefined,
    patienceMs,
  };
}

eventBusContract({ name: 'the in-memory double', ...labOf((kept) => new InMemoryEventBus(kept)) });

describe('the contract of event buses can fail', () => {
  test.each(plantedEventBusBugs.map((bug) => [bug.bug, bug] as const))('a bus that %s is caught', async (_, { caughtBy, open }) => {
    const clause = eventBusClauses.find(({ name }) => name === caughtBy);
    expect(clause).toBeDefined();
    const failure = await clause?.check(labOf(open, PATIENCE_MS)).then(
      () => undefined,
      (error: { code?: string }) => error,
    );
    // Any other error would be the bug's own and prove nothing.
    expect(failure?.code).toBe('ERR_ASSERTION');
  });

  test.each(eventBusClauses.map(({ name }) => name))('there is a bug for: %s', (name) => {
    expect(plantedEventBusBugs.filter(({ caughtBy }) => caughtBy === name)).not.toEqual([]);
  });
});
