export type { MongoDocuments } from './mongo-document-store';
export { openMongoDocuments } from './open-mongo-documents';
export type { MongoDocumentsOptions } from './open-mongo-documents';
