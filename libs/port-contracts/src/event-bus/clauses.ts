import type { EventBusClause } from './clause';
import { assignmentClauses } from './assignment-clauses';
import { commitClauses } from './commit-clauses';
import { concurrencyClauses } from './concurrency-clauses';
import { deliveryClauses } from './delivery-clauses';
import { resumeClauses } from './resume-clauses';
import { sharingClauses } from './sharing-clauses';

/** Everything an EventBus promises. */
export const eventBusClauses: readonly EventBusClause[] = [
  ...deliveryClauses,
  ...resumeClauses,
  ...assignmentClauses,
  ...commitClauses,
  ...concurrencyClauses,
  ...sharingClauses,
];
