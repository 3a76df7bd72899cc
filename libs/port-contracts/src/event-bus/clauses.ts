import type { EventBusClause } from './clause';
import { deliveryClauses } from './delivery-clauses';
import { resumeClauses } from './resume-clauses';

/** Everything an EventBus promises. */
export const eventBusClauses: readonly EventBusClause[] = [...deliveryClauses, ...resumeClauses];
