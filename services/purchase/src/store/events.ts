import { z } from 'zod';

const facts = z.object({
  store: z.string(),
  name: z.string(),
  region: z.string(),
  timeZone: z.string(),
  currency: z.string(),
  /** First day it sells; null where unknown: it then takes any date. */
  opened: z.string().nullable(),
  /** First day it no longer sells. */
  closed: z.string().nullable(),
});

/** Everything known of a store. */
export type Store = z.infer<typeof facts>;

/** Stored name → form. Each carries all facts from then on. */
export const storeEvents = { 'store.registered.v1': facts, 'store.changed.v1': facts } as const;

/** Every event of a store. */
export interface StoreEvent {
  readonly type: keyof typeof storeEvents;
  readonly id: string;
  readonly occurredAt: string;
  readonly data: Store;
}
