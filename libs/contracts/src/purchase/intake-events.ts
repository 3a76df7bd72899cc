import { z } from 'zod';
import { integrationEvent } from '../integration-event';

/**
 * Topic that stores write items to themselves. A record is one item as plain JSON, as a line of an NDJSON stream would be; no
 * envelope. Its key decides the order: records of one key are taken in one after the other.
 */
export const INTAKE_TOPIC = 'purchase.intake.v1';

/** Topic of what became of each record; keyed as the record. */
export const INTAKE_RESULTS_TOPIC = 'purchase.intake-results.v1';

const intakeSettled = z.object({
  record: z.string().describe('Id of the record, from its topic, partition and offset'),
  source: z.string().describe('Topic and partition it lies in, such as purchase.intake.v1/3'),
  position: z.string().describe('Its place there; begins with the offset'),
  key: z.string().describe('Key of the record'),
  outcome: z.enum(['accepted', 'duplicate', 'quarantined']),
  purchaseId: z.string().optional(),
  quarantineId: z.string().optional(),
  code: z.string().optional().describe('Why it was quarantined: an error code'),
});

/** What became of one record of the intake topic. No personal data. */
export type IntakeSettled = z.infer<typeof intakeSettled>;

export const purchaseIntakeSettledV1 = integrationEvent({
  type: 'purchase.intake-settled.v1',
  topic: INTAKE_RESULTS_TOPIC,
  summary: 'A record of the intake topic was taken in: what became of it, durably. A record that was delivered again has the same answer.',
  schema: intakeSettled,
});
