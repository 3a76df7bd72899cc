/** The tiers of the pyramid from the top: 铁杆, 稳定, 流动, 试用. */
export const TIERS = ['devoted', 'steady', 'floating', 'trial'] as const;

/** A tier of the pyramid. */
export type Tier = (typeof TIERS)[number];

/** Cumulative share of heads, in percent, down to which each tier reaches. */
export const TIER_CUTS: Readonly<Record<Tier, number>> = { devoted: 10, steady: 25, floating: 60, trial: 100 };

/** Every cut the pyramid needs: those of the tiers, and 20 % for the rule of 20 and 80. */
export const PERCENTS = [10, 20, 25, 60, 100] as const;

/** The tier of the customers between each of `PERCENTS` and the one before. */
export const BAND_TIERS: readonly Tier[] = PERCENTS.map((percent) => TIERS.find((tier) => percent <= TIER_CUTS[tier])!);
