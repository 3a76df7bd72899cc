import { type Logger, shutdownOrder } from '@regulars/runtime';

/** What is stopped when a process ends, in this order: consumers take nothing new, projections keep what they have, stores go last. */
export const phases = ['requests', 'consuming', 'projections', 'relay', 'stores'] as const;

/** One of the phases. */
export type Phase = (typeof phases)[number];

interface Step {
  readonly phase: Phase;
  readonly name: string;
  readonly run: () => Promise<void> | void;
}

/** How long a step may take after requests have ended, in seconds. */
const STEP_SECONDS_MAX = 5;
/** So much every step gets, also where those before it have used up the time of all. */
const STEP_SECONDS_MIN = 0.2;
/** How long everything together may take beside requests, in seconds: with the default for requests it ends within 30 seconds. */
const REST_SECONDS_MAX = 8;

/** Until when everything is to be closed, where requests under way may take so many seconds. */
export function shutdownEnd(requestsSeconds: number): number {
  return performance.now() + (requestsSeconds + REST_SECONDS_MAX) * 1_000;
}

/** What has been opened so far and how it is closed again. */
export class ShutdownPhases {
  private steps: Step[] = [];

  /** Adds how something opened just now is closed. Within a phase the last opened is closed first. */
  add(phase: Phase, name: string, run: () => Promise<void> | void): void {
    this.steps.unshift({ phase, name, run });
  }

  /**
   * Closes everything added so far, phase by phase, each step within its time: requests within `requestsSeconds`, everything else
   * within five seconds a step, and all of them by `endsAt` (from `shutdownEnd`), so that no hanging server keeps a process past the moment
   * at which it is killed. A step that fails or is late is logged and the next runs all the same.
   */
  async run(logger: Logger, requestsSeconds: number, endsAt: number = shutdownEnd(requestsSeconds)): Promise<void> {
    const steps = this.steps;
    this.steps = [];
    const inOrder = phases.flatMap((phase) => steps.filter((step) => step.phase === phase));
    for (const { phase, name, run } of inOrder) {
      const own = phase === 'requests' ? requestsSeconds + STEP_SECONDS_MAX : STEP_SECONDS_MAX;
      const left = (endsAt - performance.now()) / 1_000;
      const deadlineSeconds = Math.max(STEP_SECONDS_MIN, Math.min(own, left));
      await shutdownOrder([{ name, run, deadlineSeconds }], logger)();
    }
  }
}
