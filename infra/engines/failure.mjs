/** What went wrong, in words for whoever started it; shown without a stack. */
export class EngineFailure extends Error {}
