import type { ConsumeOptions, DeliveredMessage } from '@regulars/ports';
import { parsePosition } from '../messages/position';
import type { Commits } from './commits';
import type { Cut, HeldSource } from './held-source';
import type { Holdings } from './holdings';

const BATCH_MESSAGES_DEFAULT = 1_000;
/** After so many records without a message the consumer is told how far it has got all the same, so that a restart need not read them again. */
const UNMENTIONED_MAX = 1_000;

/** What handing over needs. */
export interface HandOverOptions {
  readonly consumer: ConsumeOptions;
  readonly holdings: Holdings;
  readonly commits: Commits;
  /** False while nothing may be handed over. */
  readonly mayStart: () => boolean;
  /** Called when a source that was not to be fetched has room again. */
  readonly resume: (source: HeldSource) => void;
  readonly fail: (error: unknown) => void;
}

interface UnderWay {
  readonly cut: Cut;
  readonly done: Set<DeliveredMessage>;
}

/** Hands over the batches: one of a source at a time, of so many sources at once as the consumer wants; the sources take turns. */
export class HandOver {
  private readonly underWay = new Map<HeldSource, UnderWay>();
  private readonly batchMax: number;
  private readonly atOnceMax: number;

  /** Throws RangeError for limits that are no positive integers. */
  constructor(private readonly options: HandOverOptions) {
    const { batchMessagesMax = BATCH_MESSAGES_DEFAULT, sourcesAtOnce = 1 } = options.consumer;
    if (!Number.isInteger(batchMessagesMax) || batchMessagesMax < 1) throw new RangeError('batchMessagesMax must be a positive integer');
    if (!Number.isInteger(sourcesAtOnce) || sourcesAtOnce < 1) throw new RangeError('sourcesAtOnce must be a positive integer');
    this.batchMax = batchMessagesMax;
    this.atOnceMax = sourcesAtOnce;
  }

  /** Starts what can be started. */
  pump(): void {
    const { holdings, mayStart, fail } = this.options;
    if (!mayStart()) return;
    for (const source of holdings.all()) {
      if (this.underWay.size >= this.atOnceMax) return;
      if (!source.ready || source.busy || !source.hasRecords) continue;
      holdings.putLast(source);
      source.busy = this.deliver(source)
        .catch(fail)
        .finally(() => {
          source.busy = undefined;
          this.underWay.delete(source);
          this.tellCaughtUp();
          this.pump();
        });
    }
  }

  /** Tells the consumer where everything there was has been handed over. */
  tellCaughtUp(): void {
    const { holdings, consumer, mayStart, fail } = this.options;
    if (!mayStart() || !holdings.all().every(({ drained }) => drained)) return;
    try {
      consumer.onCaughtUp?.();
    } catch (error) {
      fail(error);
    }
  }

  /** Commits, of the batches still under way, what was done without a gap: nobody will wait for them. */
  commitDone(): void {
    for (const [source, underWay] of this.underWay) this.commitUpToGap(source, underWay);
  }

  private async deliver(source: HeldSource): Promise<void> {
    const { consumer, commits, resume } = this.options;
    const cut = source.cut(this.batchMax);
    const underWay: UnderWay = { cut, done: new Set() };
    this.underWay.set(source, underWay);
    if (source.paused && !source.full) resume(source);
    if (cut.messages.length > 0 || source.unmentioned >= UNMENTIONED_MAX) {
      source.unmentioned = 0;
      try {
        await consumer.onBatch(cut.messages, { [source.name]: cut.upTo }, (message) => void underWay.done.add(message));
      } catch (error) {
        this.commitUpToGap(source, underWay);
        throw error;
      }
    }
    // Not the cut itself: what is remembered here would keep its messages in memory until the next one.
    const reached = { next: cut.next, passed: cut.passed };
    source.reached = reached;
    // Fenced: the result of a batch that ended after its source had gone is its new owner's to commit.
    if (source.lost) return;
    commits.set(source, reached);
    if (cut.watermark) consumer.onWatermark?.(source.name, cut.watermark);
  }

  private commitUpToGap(source: HeldSource, { cut, done }: UnderWay): void {
    const gap = cut.messages.findIndex((message) => !done.has(message));
    const last = gap < 0 ? cut.messages.at(-1) : cut.messages[gap - 1];
    if (!last || source.lost) return;
    const { offset, ...passed } = parsePosition(last.position);
    this.options.commits.set(source, { next: offset + 1, passed });
  }
}
