import type { ClauseNeeds, EventBusLab } from './clause';
import { eventBusClauses } from './clauses';

/** Whether a lab has what a clause needs. */
export const canRun = ({ reopens, shares }: ClauseNeeds, lab: EventBusLab): boolean =>
  (!reopens || !!lab.reopen) && (!shares || !!lab.shares);

/** Runs every clause as a Jest test, each on a bus of its own; those that need what the bus cannot do are left out. */
export function eventBusContract({ name, ...lab }: EventBusLab & { readonly name: string }): void {
  describe(`${name} keeps the promises of an event bus`, () => {
    const clauses = eventBusClauses.filter((clause) => canRun(clause, lab));
    test.each(clauses.map((clause) => [clause.name, clause] as const))('%s', (_, clause) => clause.check(lab));
  });
}
