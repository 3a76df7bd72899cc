// caught by: nothing
/** An amount may be divided as integers, and a given instant may become a date. */
export const open = (totalMinor: number, days: number, instantMs: number) => [
  Math.trunc(totalMinor / days),
  totalMinor * days,
  new Date(instantMs),
];
