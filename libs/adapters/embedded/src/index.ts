export { openLogBus } from './bus/log-bus';
export type { LogBusOptions } from './bus/log-bus';
export { ReadModelsDamaged } from './read-models/errors';
export { openReadModels } from './read-models/open-read-models';
export type { ReadModelsOptions } from './read-models/open-read-models';
