import { createHash } from 'node:crypto';
import { canonicalJson } from '@regulars/kernel';
import type { Answered, Content } from './messages';

/** What an answer is to those before it. */
export type Acceptance = 'first' | 'repeated' | 'different';

/** The answers of all partitions in one round. The first answer of a partition counts: every further one must say the same. */
export class RoundAnswers {
  private readonly bySource = new Map<string, { readonly parts: number; readonly contents: Map<number, Content> }>();
  private readonly digests = new Map<string, string>();

  constructor(private readonly sources: readonly string[]) {}

  add({ source, part, parts, content }: Omit<Answered, 'question'>): Acceptance {
    const place = `${part}/${parts}/${source}`;
    const digest = createHash('sha256').update(canonicalJson(content)).digest('base64');
    const before = this.digests.get(place);
    if (before !== undefined) return before === digest ? 'repeated' : 'different';
    const answer = this.bySource.get(source) ?? { parts, contents: new Map<number, Content>() };
    if (answer.parts !== parts) return 'different';
    this.bySource.set(source, answer);
    this.digests.set(place, digest);
    answer.contents.set(part, content);
    return 'first';
  }

  /** Whether a partition has answered in full. */
  has(source: string): boolean {
    const answer = this.bySource.get(source);
    return answer !== undefined && answer.contents.size === answer.parts;
  }

  /** Whether every partition has. */
  complete(): boolean {
    return this.sources.every((source) => this.has(source));
  }

  /** Everything answered: by partition, each in the order of its parts. */
  contents(): Content[] {
    return this.sources.flatMap((source) => {
      const contents = this.bySource.get(source)?.contents ?? new Map<number, Content>();
      return [...contents].sort(([a], [b]) => a - b).map(([, content]) => content);
    });
  }

  /** Lets go of what was answered; repeats can still be told from contradictions. */
  forget(): void {
    for (const { contents } of this.bySource.values()) for (const part of contents.keys()) contents.set(part, FORGOTTEN);
  }
}

const FORGOTTEN: Content = { round: 'digest', digest: '', customers: 0, rows: 0 };
