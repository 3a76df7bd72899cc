export { InMemoryDocumentStore, noDocuments } from './in-memory-document-store';
export type { DocumentsInMemory } from './in-memory-document-store';
export { InMemoryEventBus } from './in-memory-event-bus';
