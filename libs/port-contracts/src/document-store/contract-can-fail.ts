import fc from 'fast-check';
import type { DocumentStoreClause } from './clause';
import { documentStoreClauses } from './clauses';
import type { DocumentStoreContract } from './contract';
import type { PlantedBug } from './planted-bug';
import { plantedDocumentStoreBugs } from './planted-bugs';

/** The failed assertion; undefined where the clause holds. Any other error is the bug's own and proves nothing. */
async function failureOf(clause: DocumentStoreClause, bug: PlantedBug, contract: DocumentStoreContract): Promise<string | undefined> {
  let honest = await contract.create();
  const { reopen } = contract;
  const again = reopen && (async () => bug.plant((honest = await reopen(honest)), true));
  try {
    await clause.check({ store: bug.plant(honest, false), reopen: again });
    return undefined;
  } catch (error) {
    // Not by class: assertions come from another realm than Jest's. fast-check wraps them.
    const failure = ((error as { cause?: unknown }).cause ?? error) as { code?: unknown; message?: string };
    if (failure.code !== 'ERR_ASSERTION') throw error;
    return failure.message;
  } finally {
    await contract.dispose(honest);
  }
}

/**
 * Shows as Jest tests that the contract can fail over an adapter: every planted bug, laid over an honest store of its own, is seen by its clause.
 * Bugs that show only after opening again are left out where `reopen` is absent.
 */
export function documentStoreContractCanFail(contract: DocumentStoreContract): void {
  describe(`${contract.name}: the contract of document stores can fail`, () => {
    // That a history fails is enough; the shortest is not looked for.
    const before = fc.readConfigureGlobal();
    beforeAll(() => void fc.configureGlobal({ ...before, endOnFailure: true }));
    afterAll(() => void fc.configureGlobal(before));

    const trials = plantedDocumentStoreBugs.map((bug) => {
      const clause = documentStoreClauses.find(({ name }) => name === bug.caughtBy);
      if (!clause) throw new Error(`No clause is named "${bug.caughtBy}"`);
      return [bug.bug, bug, clause] as const;
    });
    test.each(trials.filter(([, , { reopens }]) => !reopens || contract.reopen))('a store that %s is caught', async (_, bug, clause) => {
      expect(await failureOf(clause, bug, contract)).toBeDefined();
    });
  });
}
