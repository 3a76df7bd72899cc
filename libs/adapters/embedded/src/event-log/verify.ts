import { AppendBoundaries } from './append-scan';
import { LogDamaged } from './log-damaged';
import { RecordCursor } from './record-cursor';
import { previousOf, revisionOf, streamIdOf } from './record-format';
import type { Segments } from './segments';
import type { StreamHash } from './stream-hash';
import { SHARDS, StreamHeads } from './stream-heads';

const PROBLEMS_MAX = 100;

/** How far a verification is; bytes of the log. */
export interface VerifyProgress {
  readonly bytes: number;
  readonly totalBytes: number;
}

/** What a verification found. */
export interface VerifyReport {
  readonly events: number;
  readonly streams: number;
  readonly bytes: number;
  /** Empty if all is well; at most 100 are listed. Damage that cannot be read past ends the list. */
  readonly problems: readonly string[];
}

/** Reads the whole log and builds its heads anew, beside the live ones; checks each record against the one before it in its stream. */
export async function verifyLog(
  segments: Segments,
  live: StreamHeads,
  hash: StreamHash | undefined,
  onProgress?: (progress: VerifyProgress) => void,
): Promise<VerifyReport> {
  const check = new Verification(segments, hash, onProgress);
  try {
    await check.toEnd();
    // Appends may go on: each part is compared at a moment when the reading has reached the end.
    for (let shard = 0; shard < SHARDS; shard++) {
      while (!check.isAtEnd) await check.toEnd();
      check.compare(live, shard);
    }
  } catch (error) {
    if (!(error instanceof LogDamaged)) throw error;
    check.problem(error.message);
  }
  return check.report();
}

class Verification {
  private readonly cursor: RecordCursor;
  private readonly boundaries = new AppendBoundaries(0);
  private readonly heads: StreamHeads;
  private readonly problems: string[] = [];
  private events = 0;

  constructor(
    private readonly segments: Segments,
    hash: StreamHash | undefined,
    private readonly onProgress?: (progress: VerifyProgress) => void,
  ) {
    this.cursor = new RecordCursor(segments, 0);
    this.heads = new StreamHeads(hash, { withRevisions: true });
  }

  get isAtEnd(): boolean {
    return this.cursor.offset === this.segments.end;
  }

  async toEnd(): Promise<void> {
    const { cursor, segments } = this;
    while (await cursor.load(segments.end)) {
      while (cursor.next()) this.take();
      this.onProgress?.({ bytes: cursor.offset, totalBytes: segments.end });
    }
    if (this.boundaries.isOpen) throw cursor.damaged('the last append has no end');
  }

  compare(live: StreamHeads, shard: number): void {
    if (!this.heads.hasSameShard(live, shard)) this.problem(`Part ${shard} of the table of stream heads differs from what the log says`);
  }

  problem(text: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push(text);
  }

  report(): VerifyReport {
    return { events: this.events, streams: this.heads.count, bytes: this.cursor.offset, problems: this.problems };
  }

  private take(): void {
    const { cursor } = this;
    this.boundaries.take(cursor);
    this.events++;
    const previous = previousOf(cursor.buffer, cursor.at);
    const revision = revisionOf(cursor.buffer, cursor.at);
    const before = this.heads.move(streamIdOf(cursor.buffer, cursor.at), previous, cursor.position, revision);
    if (before === undefined) this.problem(cursor.damaged('the event before this one in its stream is not where the record says').message);
    else if (before !== revision - 1) this.problem(cursor.damaged(`revision ${revision} follows revision ${before} in its stream`).message);
  }
}
