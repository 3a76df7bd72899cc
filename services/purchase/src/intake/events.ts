import { z } from 'zod';

/** How many known receipts came again, by store and business day: what the intake report needs besides the receipts themselves. */
export const duplicatesObservedV1 = z.object({
  counts: z.array(z.object({ store: z.string(), day: z.string(), count: z.int() })),
});

/** Stored name → form (stream `intake-<delivery>`). */
export const intakeEvents = { 'intake.duplicates-observed.v1': duplicatesObservedV1 } as const;
