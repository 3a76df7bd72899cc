export * from './document-store';
export * from './event-bus';
export * from './event-store';
