import type { EventBusLab } from './clause';
import { eventBusClauses } from './clauses';

/** Runs every clause as a Jest test, each on a bus of its own; clauses that need `reopen` are left out where it is absent. */
export function eventBusContract({ name, ...lab }: EventBusLab & { readonly name: string }): void {
  describe(`${name} keeps the promises of an event bus`, () => {
    const clauses = eventBusClauses.filter(({ reopens }) => !reopens || lab.reopen);
    test.each(clauses.map((clause) => [clause.name, clause] as const))('%s', (_, clause) => clause.check(lab));
  });
}
