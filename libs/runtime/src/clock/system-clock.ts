import type { Clock } from '@regulars/kernel';

/** The machine's clock. Besides main files, the one place that reads it; everything else is handed a `Clock`. */
export const systemClock: Clock = { now: () => Date.now() };
