/** Injection token of the `PurchaseService`. */
export const PURCHASE_SERVICE = Symbol('regulars.purchase-service');
