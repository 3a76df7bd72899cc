import type { Logger } from '../logging/logger';

/** One thing to do at the end. */
export interface ShutdownStep {
  readonly name: string;
  readonly deadlineSeconds: number;
  readonly run: () => Promise<void> | void;
}

/** What became of one step. */
export interface ShutdownOutcome {
  readonly name: string;
  readonly outcome: 'done' | 'failed' | 'late';
}

async function runStep(step: ShutdownStep, logger: Logger): Promise<ShutdownOutcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), step.deadlineSeconds * 1_000);
  });
  const work = (async () => {
    try {
      await step.run();
      return 'done' as const;
    } catch (err) {
      logger.error({ err, step: step.name }, 'shutdown step failed');
      return 'failed' as const;
    }
  })();
  const outcome = await Promise.race([work, late]);
  clearTimeout(timer);
  if (outcome === 'late') logger.error({ step: step.name, deadline_seconds: step.deadlineSeconds }, 'shutdown step passed its deadline');
  return { name: step.name, outcome };
}

/**
 * A function that ends things in order, one after the other. A step that fails or passes its deadline is logged and the next
 * one runs all the same. Calling it again gives the same run.
 */
export function shutdownOrder(steps: readonly ShutdownStep[], logger: Logger): () => Promise<readonly ShutdownOutcome[]> {
  let running: Promise<readonly ShutdownOutcome[]> | undefined;
  const runAll = async (): Promise<readonly ShutdownOutcome[]> => {
    const outcomes: ShutdownOutcome[] = [];
    for (const step of steps) outcomes.push(await runStep(step, logger));
    return outcomes;
  };
  return () => (running ??= runAll());
}
