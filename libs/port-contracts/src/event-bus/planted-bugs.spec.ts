import type { RelayedBus } from '@regulars/ports';
import { emptyPartitions, InMemoryEventBus, type InMemoryPartitions } from '@regulars/testing';
import type { EventBusSubject } from './clause';
import { eventBusClauses } from './clauses';
import { eventBusContract } from './contract';
import type { PlantedBug } from './planted-bug';
import { plantedEventBusBugs } from './planted-bugs';
import { relayClauses } from './relay-clauses';
import type { RelayedBusLab, RelayedBusSubject } from './relay-clauses';
import { relayedBusContract } from './relayed-contract';

/** Long enough for anything that happens in memory; only what never happens takes so long. */
const PATIENCE_MS = 250;

function labOf(open: PlantedBug['open'], patienceMs?: number): RelayedBusLab {
  const kept = new WeakMap<EventBusSubject, InMemoryPartitions>();
  const start = async (partitions: InMemoryPartitions): Promise<RelayedBusSubject> => {
    const subject: RelayedBusSubject = { bus: open(partitions), topics: ['contract-a', 'contract-b'], chain: 'demo' };
    kept.set(subject, partitions);
    return subject;
  };
  return {
    create: () => start(emptyPartitions()),
    reopen: (subject) => start(kept.get(subject) ?? emptyPartitions()),
    dispose: async () => undefined,
    shares: true,
    patienceMs,
  };
}

const honest = (kept: InMemoryPartitions): RelayedBus => new InMemoryEventBus(kept);
eventBusContract({ name: 'the in-memory double', ...labOf(honest) });
relayedBusContract({ name: 'the in-memory double', ...labOf(honest) });

describe('the contract of event buses can fail', () => {
  const clauses = [...eventBusClauses, ...relayClauses];

  test.each(plantedEventBusBugs.map((bug) => [bug.bug, bug] as const))('a bus that %s is caught', async (_, { caughtBy, open }) => {
    const clause = clauses.find(({ name }) => name === caughtBy);
    expect(clause).toBeDefined();
    const failure = await clause?.check(labOf(open, PATIENCE_MS)).then(
      () => undefined,
      (error: { code?: string }) => error,
    );
    // Any other error would be the bug's own and prove nothing.
    expect(failure?.code).toBe('ERR_ASSERTION');
  });

  test.each(clauses.map(({ name }) => name))('there is a bug for: %s', (name) => {
    expect(plantedEventBusBugs.filter(({ caughtBy }) => caughtBy === name)).not.toEqual([]);
  });
});
