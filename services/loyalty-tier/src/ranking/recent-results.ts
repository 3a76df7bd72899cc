import type { Clock } from '@regulars/kernel';
import type { Outcome } from './question-board';

/** Results kept, and for how long: a re-driven dead letter changes what a partition answers for the same position. */
const KEPT_MAX = 128;
const KEPT_MS_MAX = 10_000;

/** Outcomes by question and position, so that the same question is asked once only, also while it is under way. */
export class RecentResults {
  private readonly kept = new Map<string, { readonly outcome: Promise<Outcome>; readonly at: number }>();

  constructor(private readonly clock: Clock) {}

  /** What came, or comes, of a question; `ask` is called where nobody has asked lately. What failed is not kept. */
  of(question: string, ask: () => Promise<Outcome>): Promise<Outcome> {
    const at = this.clock.now();
    const known = this.kept.get(question);
    if (known && at - known.at < KEPT_MS_MAX) return known.outcome;
    const outcome = ask();
    this.kept.delete(question);
    this.kept.set(question, { outcome, at });
    if (this.kept.size > KEPT_MAX) this.kept.delete(this.kept.keys().next().value!);
    const forget = (): void => {
      if (this.kept.get(question)?.outcome === outcome) this.kept.delete(question);
    };
    outcome.then((came) => (came.outcome === 'answered' ? undefined : forget()), forget);
    return outcome;
  }
}
