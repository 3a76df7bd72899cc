import { formatCommit } from '../messages/commit-metadata';
import type { Passed } from '../messages/position';
import type { HeldSource } from './held-source';

/** Where a source's batches have ended. */
export interface Reached {
  readonly next: number;
  readonly passed: Passed;
}

/** An offset to commit, as kafkajs takes it. */
export interface OffsetToCommit {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly metadata: string;
}

/**
 * Commits where batches have ended: one request at a time, each with the newest of every source. A commit that fails is repeated with the
 * next one, as long as the source is still held; it never moves past what was handled, so a failed one means repeats and no loss.
 */
export class Commits {
  private readonly pending = new Map<HeldSource, Reached>();
  private flushing: Promise<void> | undefined;

  constructor(private readonly commit: (offsets: OffsetToCommit[]) => Promise<void>) {}

  /** Notes how far a source has been handled. */
  set(source: HeldSource, reached: Reached): void {
    this.pending.set(source, reached);
    this.flushing ??= this.flush();
  }

  /** Forgets sources that are gone: to commit for them is their new owner's right alone. */
  drop(sources: readonly HeldSource[]): void {
    for (const source of sources) this.pending.delete(source);
  }

  /** Resolves when all that was noted has been committed, or could not be. */
  async settled(): Promise<void> {
    await this.flushing;
    if (this.pending.size > 0) await this.flush();
  }

  private async flush(): Promise<void> {
    // Later in this tick more sources may have ended their batches.
    await Promise.resolve();
    while (this.pending.size > 0 && (await this.commitPending()));
    // In the same turn as the look at what is pending: what is set a moment later begins anew.
    this.flushing = undefined;
  }

  /** Answers false where the commit failed; what it would have committed is pending again. */
  private async commitPending(): Promise<boolean> {
    const sent = [...this.pending].filter(([source]) => !source.lost);
    this.pending.clear();
    try {
      if (sent.length > 0) await this.commit(sent.map(toOffset));
      return true;
    } catch {
      for (const [source, reached] of sent) if (!source.lost && !this.pending.has(source)) this.pending.set(source, reached);
      return false;
    }
  }
}

function toOffset([{ partition, holder }, { next, passed }]: readonly [HeldSource, Reached]): OffsetToCommit {
  return { topic: partition.topic, partition: partition.partition, offset: String(next), metadata: formatCommit({ holder, passed }) };
}
