export { InMemoryDocumentStore, noDocuments } from './in-memory-document-store';
export type { DocumentsInMemory } from './in-memory-document-store';
export { emptyPartitions, InMemoryEventBus } from './in-memory-event-bus';
export { plantedEventStoreBugs } from './event-store-bugs/planted-event-store-bugs';
export type { PlantedBug } from './event-store-bugs/planted-bug';
export { InMemoryEventStore } from './in-memory-event-store';
export { type Decided, specOf } from './given';
