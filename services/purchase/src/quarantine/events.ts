import { z } from 'zod';

const intakeKind = z.enum(['purchase', 'return', 'exchange', 'void', 'claim', 'unknown']);

/** An item that could not be accepted, with the raw input and the reason. */
export const quarantinedV1 = z.object({
  quarantineId: z.string(),
  kind: intakeKind,
  code: z.string(),
  detail: z.string(),
  /** The item as it came (JSON text, or what was sent instead). */
  raw: z.string(),
  /** Read from the item where it could be read. */
  store: z.string().optional(),
  terminal: z.string().optional(),
  receipt: z.string().optional(),
  sequence: z.int().optional(),
  /** Business date where it is known, else the UTC day of arrival. */
  day: z.string(),
  /** The receipt it contradicts. */
  conflictsWith: z.string().optional(),
  /** What it waits for: `purchase:<id>` or `store:<id>`; it is re-driven by itself when that comes. */
  waitsFor: z.string().optional(),
  /** The record it came with, where it came by the intake topic: delivered again it is not counted again. */
  record: z.string().optional(),
});

/** The very same input came again while it was in quarantine. */
export const receivedAgainV1 = z.object({
  quarantineId: z.string(),
  day: z.string(),
  store: z.string().optional(),
  record: z.string().optional(),
});

/** It was taken in after all. */
export const redrivenV1 = z.object({
  quarantineId: z.string(),
  day: z.string(),
  store: z.string().optional(),
  outcome: z.enum(['accepted', 'duplicate']),
  purchaseId: z.string().optional(),
  /** True where a person corrected the input first. */
  corrected: z.boolean(),
  by: z.string(),
  /** How often the input had been received until then. */
  timesReceived: z.int(),
});

/** It was tried again and refused for another reason than before. */
export const refusedAgainV1 = z.object({ quarantineId: z.string(), code: z.string(), detail: z.string(), waitsFor: z.string().optional() });

/** A person decided that it is not to be taken in. */
export const dismissedV1 = z.object({ quarantineId: z.string(), reason: z.string(), by: z.string() });

/** Stored name → form. */
export const quarantineEvents = {
  'intake.item-quarantined.v1': quarantinedV1,
  'intake.item-received-again.v1': receivedAgainV1,
  'intake.item-refused-again.v1': refusedAgainV1,
  'intake.item-redriven.v1': redrivenV1,
  'intake.item-dismissed.v1': dismissedV1,
} as const;

export type Quarantined = z.infer<typeof quarantinedV1>;

/** Every event of a quarantine entry (stream `quarantine-<id>`). */
export type QuarantineEvent = {
  [Type in keyof typeof quarantineEvents]: {
    readonly type: Type;
    readonly id: string;
    readonly occurredAt: string;
    readonly data: z.infer<(typeof quarantineEvents)[Type]>;
  };
}[keyof typeof quarantineEvents];
