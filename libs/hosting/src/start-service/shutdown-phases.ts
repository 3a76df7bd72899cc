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

/** What has been opened so far and how it is closed again. */
export class ShutdownPhases {
  private steps: Step[] = [];

  /** Adds how something opened just now is closed. Within a phase the last opened is closed first. */
  add(phase: Phase, name: string, run: () => Promise<void> | void): void {
    this.steps.unshift({ phase, name, run });
  }

  /**
   * Closes everything added so far, phase by phase, each step within its time: requests within `requestsSeconds`, everything else
   * within five seconds a step. A step that fails or is late is logged and the next runs all the same.
   */
  async run(logger: Logger, requestsSeconds: number): Promise<void> {
    const steps = this.steps;
    this.steps = [];
    const inOrder = phases.flatMap((phase) => steps.filter((step) => step.phase === phase));
    const deadlineOf = ({ phase }: Step) => (phase === 'requests' ? requestsSeconds + STEP_SECONDS_MAX : STEP_SECONDS_MAX);
    await shutdownOrder(
      inOrder.map((step) => ({ name: step.name, run: step.run, deadlineSeconds: deadlineOf(step) })),
      logger,
    )();
  }
}
