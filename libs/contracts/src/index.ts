import { accessTokenChangedV1 } from './access/token-events';
import type { IntegrationEvent } from './integration-event';
import { purchaseIntakeSettledV1 } from './purchase/intake-events';
import { purchaseClaimedV1, purchaseRecordedV1, purchaseReturnedV1, purchaseVoidedV1 } from './purchase/purchase-events';
import { storeChangedV1 } from './store/store-events';

export * from './access/token-events';
export * from './integration-event';
export * from './purchase/intake';
export * from './purchase/intake-events';
export * from './purchase/purchase-events';
export * from './store/store-events';

/** Every integration event of the platform; schemas, catalogue and checks are made from this list. */
export const integrationEvents: readonly IntegrationEvent[] = [
  purchaseRecordedV1,
  purchaseReturnedV1,
  purchaseVoidedV1,
  purchaseClaimedV1,
  storeChangedV1,
  accessTokenChangedV1,
  purchaseIntakeSettledV1,
];
