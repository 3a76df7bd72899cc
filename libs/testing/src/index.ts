export { InMemoryDocumentStore, noDocuments } from './in-memory-document-store';
export type { DocumentsInMemory } from './in-memory-document-store';
export { InMemoryEventBus } from './in-memory-event-bus';
export { emptyPartitions } from './in-memory-partitions';
export type { InMemoryPartitions } from './in-memory-partitions';

export { plantedEventStoreBugs } from './event-store-bugs/planted-event-store-bugs';
export type { PlantedBug } from './event-store-bugs/planted-bug';
export { InMemoryEventStore } from './in-memory-event-store';
export { type Decided, specOf } from './given';
export { TcpProxy } from './tcp-proxy';
export type { TcpProxyOptions } from './tcp-proxy';
export { checkHistory, type HistoryEntry, type HistoryFindings, mergeHistories, readHistory, writeHistory } from './order-checker';
