import type { JsonObject } from '@regulars/kernel';
import type { DocumentProjectionDefinition } from '@regulars/engine';
import { type Store, storeEvents } from './events';

/** The read model of the chain's stores, one document each. */
export type StoreDocument = Store & JsonObject;

/** Stores by id; findable by region. */
export const storesProjection: DocumentProjectionDefinition<StoreDocument> = {
  name: 'stores',
  indexes: ['region'],
  handles: Object.keys(storeEvents),
  idsOf: (event) => [(event.data as StoreDocument).store],
  evolve: (_before, event) => event.data as StoreDocument,
};
