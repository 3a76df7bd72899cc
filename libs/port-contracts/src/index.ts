export { eventStoreClauses, eventStoreContract } from './event-store/event-store-contract';
export type { EventStoreClause, EventStoreSubject } from './event-store/event-store-contract';
export { documentStoreClauses } from './document-store/clauses';
export type { DocumentStoreClause, DocumentStoreSubject } from './document-store/clause';
export { documentStoreContract } from './document-store/contract';
export type { DocumentStoreContract } from './document-store/contract';
export type { EventBusClause, EventBusLab, EventBusSubject } from './event-bus/clause';
export { eventBusClauses } from './event-bus/clauses';
export { eventBusContract } from './event-bus/contract';
