import type { ZodType } from 'zod';

/**
 * The contract of one version of one integration event: what other services may rely on. Once released it is
 * never edited; a change is a new version beside it.
 */
export interface IntegrationEvent<Data = unknown> {
  /** Versioned name, `purchase.recorded.v1`; the CloudEvents type. */
  readonly type: string;
  readonly topic: string;
  /** One sentence for the reader of the generated catalogue. */
  readonly summary: string;
  readonly schema: ZodType<Data>;
}

/** Declares an integration event. */
export function integrationEvent<Data>(event: IntegrationEvent<Data>): IntegrationEvent<Data> {
  return event;
}
