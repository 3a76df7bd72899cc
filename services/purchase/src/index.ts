export { publishes as purchasePublishes } from './publishes';
export { createPurchaseService, type PurchasePorts, type PurchaseService } from './purchase';
export { PurchaseModule } from './purchase.module';
export { purchaseFacts, purchaseGauges } from './status';
