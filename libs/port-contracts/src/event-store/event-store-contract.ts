import { appendClauses } from './append-clauses';
import type { EventStoreClause, EventStoreSubject } from './clause';
import { modelClause } from './model-clause';
import { readClauses } from './read-clauses';
import { repeatClauses } from './repeat-clauses';
import { subscribeClauses } from './subscribe-clauses';

export type { EventStoreClause, EventStoreSubject } from './clause';

/** Every clause of the EventStore port. */
export const eventStoreClauses: readonly EventStoreClause[] = [
  ...appendClauses,
  ...repeatClauses,
  ...readClauses,
  ...subscribeClauses,
  modelClause,
];

/** Declares the contract of the EventStore port as Jest tests for one adapter. Clauses that need `reopen` are left out where it is absent. */
export function eventStoreContract(subject: EventStoreSubject & { readonly name: string }): void {
  describe(`${subject.name} keeps the contract of EventStore`, () => {
    for (const { name, reopens, check } of eventStoreClauses) {
      if (!reopens || subject.reopen) it(name, () => check(subject));
    }
  });
}
