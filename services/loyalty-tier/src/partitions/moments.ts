import { LOG_SOURCE } from '@regulars/engine';
import type { Clock, Position } from '@regulars/kernel';
import type { LedgerSnapshot } from '../contribution/snapshot';

/** So many moments are kept, and so long; the last one always. */
const KEPT_MAX = 64;
const KEPT_MS_MAX = 30_000;

interface Moment {
  readonly logPosition: Position;
  readonly snapshot: LedgerSnapshot;
  readonly takenAt: number;
}

/** A partition's ledger as it was at the last watermarks, oldest first. */
export class Moments {
  private kept: Moment[] = [];

  constructor(private readonly clock: Clock) {}

  /** Position of the last watermark; undefined before the first. */
  get last(): Position | undefined {
    return this.kept.at(-1)?.logPosition;
  }

  /** Notes the ledger at a watermark, which holds everything of the log up to it and nothing behind it. */
  add(logPosition: Position, snapshot: LedgerSnapshot): void {
    this.kept.push({ logPosition, snapshot, takenAt: this.clock.now() });
    this.forget();
  }

  /** Lets go of what is too old; called at each watermark, also where nothing came: moments keep the memory of what they show. */
  forget(): void {
    const now = this.clock.now();
    const young = this.kept.findIndex(({ takenAt }) => now - takenAt <= KEPT_MS_MAX);
    const first = young < 0 ? this.kept.length - 1 : young;
    this.kept = this.kept.slice(Math.max(first, this.kept.length - KEPT_MAX, 0));
  }

  /** The ledger at a position of the log; undefined where no moment kept shows it. */
  at(position: Position): LedgerSnapshot | undefined {
    const moment = this.kept.find(({ logPosition }) => logPosition >= position);
    // One taken later shows it just as well, where nothing came in between.
    return moment !== undefined && (moment.snapshot.positions[LOG_SOURCE] ?? '') <= position ? moment.snapshot : undefined;
  }

  /** Lets go of all of them. */
  clear(): void {
    this.kept = [];
  }
}
