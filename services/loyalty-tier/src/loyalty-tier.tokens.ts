/** Injection token of the `LoyaltyTierService`. */
export const LOYALTY_TIER_SERVICE = Symbol('regulars.loyalty-tier-service');
