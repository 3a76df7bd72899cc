export { openMongoDocuments } from './open-mongo-documents';
export type { MongoDocuments, MongoDocumentsOptions } from './open-mongo-documents';
