export { ADMINISTRATOR_FILE, ensureAdministrator } from './access/administrator';
export { type AccessContext } from './access/handle-access';
export { TokenRegistry } from './access/token-registry';
export { ACCESS, TokensController } from './access/tokens.controller';
export { type EmbeddedLog, embeddedLogFacts, embeddedLogGauges, logBytes } from './operations/embedded-log';
export { registerOperationsMetrics } from './operations/metrics';
export { type FollowedHandlers, type LogBehind, Operations, type OperationsParts } from './operations/operations';
export { OPERATIONS, OperationsController } from './operations/operations.controller';
