import { z } from 'zod';
import { integrationEvent } from '../integration-event';

/** Topic of the chain's stores; keyed by store. */
export const STORE_TOPIC = 'store.events.v1';

const storeFacts = z.object({
  store: z.string(),
  name: z.string(),
  region: z.string(),
  timeZone: z.string().describe('IANA name'),
  currency: z.string().describe('ISO 4217 code'),
  opened: z.iso.date().nullable(),
  closed: z.iso.date().nullable().describe('First day on which it no longer sells'),
});

/** The facts other services know of a store. */
export type StoreFacts = z.infer<typeof storeFacts>;

export const storeChangedV1 = integrationEvent({
  type: 'store.changed.v1',
  topic: STORE_TOPIC,
  summary: 'A store was registered, changed or closed. The data are all its facts from now on.',
  schema: storeFacts,
});
