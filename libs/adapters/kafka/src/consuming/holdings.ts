import type { ConsumeOptions } from '@regulars/ports';
import { asAdmin } from '../connection/client';
import type { TopicReader } from '../messages/decode';
import { type Partition, sourceName } from '../messages/source-name';
import { HeldSource } from './held-source';
import type { Membership } from './membership';
import { askPatiently, pause, type PatienceOptions } from './patience';
import { assertHeld, startingPoints } from './starting-points';
import { claimOf, releaseOf } from './tenancy';

/** Batches in a row that began at the wrong place before Kafka is asked whether the right one is still there. */
const STRAYS_MAX = 3;
/** How often it is looked whether somebody has let go of sources. */
const CLAIM_EVERY_MS = 100;

/** What holdings need. */
export interface HoldingsOptions extends PatienceOptions {
  readonly groupId: string;
  readonly readers: ReadonlyMap<string, TopicReader>;
  readonly sourceBytesMax: number;
  readonly consumer: ConsumeOptions;
  /** Called with sources that are gone, at once. */
  readonly onLost: (gone: readonly HeldSource[]) => void;
  /** Called when sources that came have begun. */
  readonly onBegun: () => void;
  readonly fail: (error: unknown) => void;
}

/** The sources a consumer holds: asks where those that come begin, and tells when those that go have ended. */
export class Holdings {
  private readonly held = new Map<string, HeldSource>();
  private readonly revocations = new Map<string, Promise<void>>();

  constructor(private readonly options: HoldingsOptions) {}

  /** The sources held; the one whose turn was longest ago comes first. */
  all(): HeldSource[] {
    return [...this.held.values()];
  }

  get(partition: Partition): HeldSource | undefined {
    return this.held.get(sourceName(partition));
  }

  /** Puts a source behind the others. */
  putLast(source: HeldSource): void {
    this.held.delete(source.name);
    this.held.set(source.name, source);
  }

  /** Takes note of a new assignment; what is new is paused until it is known where it begins. */
  assign(membership: Membership, partitions: readonly Partition[], continuous: boolean): void {
    const names = new Set(partitions.map(sourceName));
    this.revoke(
      this.all().filter(({ name }) => !continuous || !names.has(name)),
      membership,
    );
    const kept = this.all();
    const come = partitions.filter((partition) => !this.get(partition)).map((partition) => this.hold(partition));
    for (const source of come) membership.pause(source.partition);
    for (const source of kept) if (source.ready) membership.seek(source.partition, source.wanted);
    this.settle(membership, come);
  }

  /**
   * Takes sources away at once, and tells the consumer when their batches have ended; then, where the membership goes on, lets others
   * begin with them.
   */
  revoke(gone: readonly HeldSource[], goesOn?: Membership): void {
    if (gone.length === 0) return;
    for (const source of gone) {
      this.held.delete(source.name);
      source.lose();
    }
    this.options.onLost(gone);
    const revoking = this.tellRevoked(gone, goesOn).catch((error: unknown) => this.options.fail(error));
    for (const { name } of gone) this.revocations.set(name, revoking);
    void revoking.then(() => {
      for (const { name } of gone) if (this.revocations.get(name) === revoking) this.revocations.delete(name);
    });
  }

  /** Resolves when the consumer has been told of all that is gone. */
  async allTold(): Promise<void> {
    await Promise.all(this.revocations.values());
  }

  /** A batch that was asked for before its source began elsewhere is thrown away. Where it stays like that, the place may be gone. */
  async stray(membership: Membership, source: HeldSource): Promise<void> {
    membership.seek(source.partition, source.wanted);
    if (++source.strays % STRAYS_MAX !== 0) return;
    try {
      await askPatiently(
        this.options,
        () => !source.lost,
        (admin) => assertHeld(admin, source.partition, source.wanted),
      );
    } catch (error) {
      this.options.fail(error);
    }
  }

  private hold(partition: Partition): HeldSource {
    const reader = this.options.readers.get(partition.topic);
    if (!reader) throw new Error(`${sourceName(partition)} was never asked for`);
    const source = new HeldSource(partition, reader, this.options.sourceBytesMax);
    this.held.set(source.name, source);
    return source;
  }

  private async tellRevoked(gone: readonly HeldSource[], goesOn?: Membership): Promise<void> {
    await Promise.all(gone.map(async ({ busy }) => busy));
    const names = gone.filter(({ asked }) => asked).map(({ name }) => name);
    if (names.length > 0) await this.options.consumer.onRevoked?.(names);
    const claimed = gone.filter(({ holder }) => holder !== undefined);
    if (goesOn && claimed.length > 0) await this.release(goesOn, claimed);
  }

  private async release(membership: Membership, gone: readonly HeldSource[]): Promise<void> {
    const { kafka, groupId } = this.options;
    try {
      const offsets = await asAdmin(kafka, (admin) => releaseOf(admin, groupId, gone));
      if (offsets.length > 0) await membership.commit(offsets);
    } catch {
      // Then whoever waits for it waits until its patience ends.
    }
  }

  /** Waits until nobody else holds the sources any more, as long as a rebalance may take, and claims them. */
  private async claim(membership: Membership, come: readonly HeldSource[]): Promise<void> {
    const { groupId, timings, stopped } = this.options;
    const memberId = membership.memberId ?? '';
    const held = (): boolean => come.some(({ lost }) => !lost);
    for (const end = performance.now() + timings.rebalanceTimeoutMs; held() && !stopped.aborted; await pause(CLAIM_EVERY_MS, stopped)) {
      const claim = await askPatiently(this.options, held, (admin) => claimOf(admin, groupId, memberId, come));
      if (!claim || (claim.rivals.length > 0 && performance.now() < end)) continue;
      for (const source of come) source.holder = memberId;
      // Where the broker refuses it, another assignment is under way; if the sources stay, the next commit says the same.
      await membership.commit(claim.offsets.filter((_, index) => !come[index]?.lost)).catch(() => undefined);
      return;
    }
  }

  /** Asks where sources that have come begin, and begins there. */
  private settle(membership: Membership, come: readonly HeldSource[]): void {
    const settling = this.findBeginnings(membership, come).catch((error: unknown) => this.options.fail(error));
    for (const source of come) source.busy = settling;
    void settling.then(() => {
      for (const source of come) {
        source.busy = undefined;
        if (source.lost || !source.ready) continue;
        membership.seek(source.partition, source.wanted);
        source.paused = false;
        membership.resume(source.partition);
      }
      this.options.onBegun();
    });
  }

  private async findBeginnings(membership: Membership, come: readonly HeldSource[]): Promise<void> {
    const { consumer, groupId } = this.options;
    // What left and comes back at once: first the consumer is told that it left.
    await Promise.all(come.map(async ({ name }) => this.revocations.get(name)));
    await this.claim(
      membership,
      come.filter(({ lost }) => !lost),
    );
    const asking = come.filter(({ lost }) => !lost);
    if (asking.length === 0 || this.options.stopped.aborted) return;
    for (const source of asking) source.asked = true;
    const from = typeof consumer.from === 'function' ? await consumer.from(asking.map(({ name }) => name)) : consumer.from;
    const partitions = asking.map(({ partition }) => partition);
    const points = await askPatiently(
      this.options,
      () => asking.some(({ lost }) => !lost),
      (admin) => startingPoints(admin, groupId, partitions, from),
    );
    for (const source of asking) {
      const point = points?.get(source.name);
      if (point && !source.lost) source.begin(point.offset, point.passed, point.end);
    }
  }
}
