import type { IntegrationEvent } from './integration-event';
import { purchaseClaimedV1, purchaseRecordedV1, purchaseReturnedV1, purchaseVoidedV1 } from './purchase/purchase-events';
import { storeChangedV1 } from './store/store-events';

export * from './integration-event';
export * from './purchase/intake';
export * from './purchase/purchase-events';
export * from './store/store-events';

/** Every integration event of the platform; schemas, catalogue and checks are made from this list. */
export const integrationEvents: readonly IntegrationEvent[] = [
  purchaseRecordedV1,
  purchaseReturnedV1,
  purchaseVoidedV1,
  purchaseClaimedV1,
  storeChangedV1,
];
