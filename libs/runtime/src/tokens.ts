/**
 * Injection tokens of what `createHttpServer` provides to every module. Symbols: two packages can never mean different things by one.
 */
/** `Configuration`. */
export const CONFIGURATION = Symbol('regulars.configuration');
/** `Logger`. */
export const LOGGER = Symbol('regulars.logger');
/** `Clock`. */
export const CLOCK = Symbol('regulars.clock');
/** prom-client's `Registry`. */
export const METRICS_REGISTRY = Symbol('regulars.metrics-registry');
/** `HealthChecks`. */
export const HEALTH = Symbol('regulars.health');
/** `AbortSignal`, aborted when the server begins to stop: long streams should end at their next chunk. */
export const STOPPING = Symbol('regulars.stopping');
