import type { JsonObject } from '@regulars/kernel';

/** Where a replay stands in its life. */
export type ReplayState = 'running' | 'paused' | 'ready' | 'switched' | 'rolled-back' | 'cancelled' | 'failed';

/** One replay: a projection built again, beside the live one, into a version of its own. */
export interface ReplayRecord extends JsonObject {
  readonly id: string;
  readonly projection: string;
  readonly state: ReplayState;
  /** The version being built. */
  readonly version: string;
  /** The version that was live when it began; where a roll back goes. */
  readonly replaces: string;
  readonly startedAt: string;
  readonly startedBy: string;
  readonly error?: string | undefined;
  readonly digestLive?: string | undefined;
  readonly digestReplayed?: string | undefined;
  readonly digestsEqual?: boolean | undefined;
  /** Number of changes to this record, so that a stale writer's change has no effect (the fencing token). */
  readonly revision: number;
}

/** States in which a replay still holds its projection. */
export const UNDER_WAY: readonly ReplayState[] = ['running', 'paused', 'ready'];

/** A replay as operations see it. */
export interface ReplayView extends Omit<ReplayRecord, 'revision'> {
  /** How far it has read, and how far the log goes, in bytes of the log. */
  readonly processed: number;
  readonly total: number;
  /** Bytes of log a second, since it was last started or resumed. */
  readonly ratePerSecond: number | null;
  readonly etaSeconds: number | null;
}
