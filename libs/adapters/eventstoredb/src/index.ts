export { AppendTooLarge } from './appender';
export { LogCutBack } from './catch-up-subscription';
export { BadConnectionString } from './connection-string';
export { UnreadableEvent } from './event-codec';
export type { Health } from './event-store-db';
export { type EventStoreDbOptions, type EventStoreDbStore, openEventStoreDb } from './open-event-store-db';
