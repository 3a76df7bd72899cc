import { canRun } from './contract';
import { relayClauses } from './relay-clauses';
import type { RelayedBusLab } from './relay-clauses';

/** Runs every clause of a bus that is fed by a relay as a Jest test, each on a bus of its own, besides `eventBusContract`. */
export function relayedBusContract({ name, ...lab }: RelayedBusLab & { readonly name: string }): void {
  describe(`${name} keeps the promises of a relayed bus`, () => {
    const clauses = relayClauses.filter((clause) => canRun(clause, lab));
    test.each(clauses.map((clause) => [clause.name, clause] as const))('%s', (_, clause) => clause.check(lab));
  });
}
