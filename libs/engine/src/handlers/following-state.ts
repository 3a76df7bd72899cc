import type { Clock } from '@regulars/kernel';
import type { Watermark } from '@regulars/ports';

/** How one consumption of messages stands: its sources, faults and lag. */
export class FollowingState {
  private readonly held = new Set<string>();
  private readonly observedMs = new Map<string, number>();
  /** By source; the consumption itself has the empty name. A source's fault lasts until a batch of it has come to its end. */
  private readonly faults = new Map<string, string>();
  private ending = false;
  private behindSinceMs: number | undefined;

  constructor(private readonly clock: Clock) {
    this.behindSinceMs = clock.now();
  }

  /** Everything the bus had was taken in when it last looked, and nothing failed since. */
  get caughtUp(): boolean {
    return this.behindSinceMs === undefined && this.faults.size === 0;
  }

  /** One of the faults, while there are any. */
  get fault(): string | undefined {
    return this.faults.values().next().value;
  }

  /** A consumption begins. */
  begin(): void {
    this.ending = false;
  }

  /** Messages have come. */
  busy(): void {
    this.behindSinceMs ??= this.clock.now();
  }

  /** Nothing of the sources held here is left; the source of an earlier fault has passed it, or is another process's now. */
  caughtUpNow(): void {
    this.behindSinceMs = undefined;
    this.faults.clear();
  }

  /** A batch of the sources begins; answers whether one of them is new here. */
  hold(sources: readonly string[]): boolean {
    const before = this.held.size;
    for (const source of sources) this.held.add(source);
    return this.held.size > before;
  }

  /** A batch of a source came to its end. */
  passed(source: string): void {
    this.faults.delete(source);
    this.faults.delete('');
  }

  note(source: string, { observedAt }: Watermark): void {
    this.observedMs.set(source, Date.parse(observedAt));
  }

  /** The consumption ends because of a source, or by itself where the name is empty. */
  failed(source: string, reason: string): void {
    this.ending = true;
    this.busy();
    if (source !== '' || this.faults.size === 0) this.faults.set(source, reason);
  }

  /** Sources are gone; a fault stays where it is what ended the consumption. */
  revoked(sources: readonly string[]): void {
    for (const source of sources) {
      this.held.delete(source);
      this.observedMs.delete(source);
      if (!this.ending) this.faults.delete(source);
    }
  }

  /** See `FollowingStatus.lagSeconds`. */
  lagSeconds(): number {
    const oldestMs = this.observedMs.size > 0 ? Math.min(...this.observedMs.values()) : this.behindSinceMs;
    return oldestMs === undefined ? 0 : Math.max(0, this.clock.now() - oldestMs) / 1_000;
  }
}
