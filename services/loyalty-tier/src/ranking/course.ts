import type { Answered, Asked, Content } from './messages';
import { RoundAnswers, type Acceptance } from './round-answers';
import { roundsOf, type Result, type Work } from './rounds';

/** One question on its way through the rounds, as every instance follows it. */
export class Course {
  private readonly rounds: ReturnType<typeof roundsOf>;
  private readonly answers = new Map<Content['round'], RoundAnswers>();
  private now: Work | undefined;
  private found: Result | undefined;

  constructor(
    readonly asked: Asked,
    private readonly sources: readonly string[],
  ) {
    this.rounds = roundsOf(asked.task);
    this.step(this.rounds.next());
  }

  /** What the partitions are to find out now; undefined when the question is answered. */
  get work(): Work | undefined {
    return this.now;
  }

  /** The answer; undefined while there is work. */
  get result(): Result | undefined {
    return this.found;
  }

  /** Whether a partition's answer in the present round is still missing. */
  lacks(source: string): boolean {
    return this.now !== undefined && !this.answers.get(this.now.round)!.has(source);
  }

  /**
   * Takes a part of an answer and goes on to the next round when it was the last one missing. `foreign`: of a partition or round that is not
   * asked. Throws Error where the answers of a round do not fit together.
   */
  take(answer: Answered): Acceptance | 'foreign' {
    const round = this.answers.get(answer.content.round);
    if (!round || !this.sources.includes(answer.source)) return 'foreign';
    const acceptance = round.add(answer);
    if (acceptance === 'first' && this.now?.round === answer.content.round && round.complete()) {
      const contents = round.contents();
      round.forget();
      this.step(this.rounds.next(contents));
    }
    return acceptance;
  }

  private step(step: IteratorResult<Work, Result>): void {
    if (step.done) {
      this.now = undefined;
      this.found = step.value;
    } else {
      this.now = step.value;
      this.answers.set(step.value.round, new RoundAnswers(this.sources));
    }
  }
}
