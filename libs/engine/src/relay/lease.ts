import type { Clock, JsonObject, Position } from '@regulars/kernel';
import type { DocumentCollection, DocumentStore } from '@regulars/ports';

const LEASE_MS_DEFAULT = 10_000;
/** An owner acts on its lease for this part of its time only, so that it has stopped well before anybody else may begin. */
const USABLE_PART = 3 / 4;
const POSITION_DIGITS = 16;

/** What a lease is made of. */
export interface LeaseOptions {
  readonly documents: DocumentStore;
  /** What the lease is for: one owner a name. */
  readonly name: string;
  /** Who asks for it; another one in each process and after each restart. */
  readonly holder: string;
  /** Only raises epochs; nothing is compared with it. */
  readonly clock: Clock;
  /** Milliseconds of a clock that never goes back; default that of the process. */
  readonly monotonicMs?: (() => number) | undefined;
  /** How long nobody else may begin after the owner last renewed, in milliseconds; default 10,000. The same in all processes. */
  readonly leaseMs?: number | undefined;
}

/** What is stored. Every write raises the document's position by one, so of two who write after reading the same one only one succeeds. */
interface LeaseDocument extends JsonObject {
  readonly holder: string;
  readonly epoch: number;
  readonly released: boolean;
  /** The owner's own, such as a checkpoint: nobody who was overtaken can change it any more. */
  readonly kept: JsonObject;
}

const nextAfter = (position: Position | undefined): Position => String(Number(position ?? 0) + 1).padStart(POSITION_DIGITS, '0');

/**
 * Lets one process at a time do something, over the conditional writes of a document store. Clocks of different machines are never
 * compared: a contender takes over once it has seen the lease unchanged for its whole time by its own clock, while the owner, by its own,
 * has stopped before.
 */
export class Lease {
  readonly leaseMs: number;
  private readonly nowMs: () => number;
  /** The state of the stored lease as last seen, and since when. */
  private seen: { readonly position: Position; readonly sinceMs: number } | undefined;

  constructor(private readonly options: LeaseOptions) {
    this.leaseMs = options.leaseMs ?? LEASE_MS_DEFAULT;
    this.nowMs = options.monotonicMs ?? (() => performance.now());
  }

  /** Tries once to become the owner; undefined where somebody else is, or may still be. Rejects with the store's errors. */
  async tryAcquire(): Promise<HeldLease | undefined> {
    const { documents, name, holder, clock } = this.options;
    const leases = await documents.collection<LeaseDocument>({ name: 'leases', version: '1', indexes: [] });
    const askedAtMs = this.nowMs();
    const found = await leases.get(name);
    if (found && !found.document.released && !this.hasRunOut(found.position, askedAtMs)) return undefined;
    // At least the time of day: epochs rise also where the store has lost what it kept.
    const epoch = Math.max(clock.now(), (found?.document.epoch ?? 0) + 1);
    const document: LeaseDocument = { holder, epoch, released: false, kept: found?.document.kept ?? {} };
    const position = nextAfter(found?.position);
    const writtenAtMs = this.nowMs();
    const { applied } = await leases.write([{ id: name, position, document }]);
    return applied === 1 ? new HeldLease(leases, name, document, position, writtenAtMs, this.leaseMs, this.nowMs) : undefined;
  }

  private hasRunOut(position: Position, askedAtMs: number): boolean {
    if (this.seen?.position === position) return askedAtMs - this.seen.sinceMs >= this.leaseMs;
    this.seen = { position, sinceMs: this.nowMs() };
    return false;
  }
}

/** A lease in its owner's hands. */
export class HeldLease {
  /** The fencing token: higher than that of every owner before. */
  readonly epoch: number;
  private lost = false;
  /** True while it is not known whether the last write took effect. */
  private uncertain = false;
  private line: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly leases: DocumentCollection<LeaseDocument>,
    private readonly name: string,
    private document: LeaseDocument,
    private position: Position,
    private renewedAtMs: number,
    private readonly leaseMs: number,
    private readonly nowMs: () => number,
  ) {
    this.epoch = document.epoch;
  }

  /** What the owner keeps in it; at first what the owner before had kept. */
  get kept(): JsonObject {
    return this.document.kept;
  }

  /** Whether the owner may act: renewed lately enough by its own clock, and not seen to be another's. */
  isHeld(): boolean {
    return !this.lost && this.nowMs() - this.renewedAtMs < this.leaseMs * USABLE_PART;
  }

  /** Renews it, with something else to keep if given; answers false once it is lost. Rejects with the store's errors; may be repeated. */
  renew(kept?: JsonObject): Promise<boolean> {
    return this.inLine(() => this.write({ ...this.document, kept: kept ?? this.document.kept }));
  }

  /** Gives it back, so that another may begin at once. */
  async release(): Promise<void> {
    await this.inLine(() => this.write({ ...this.document, released: true }));
    this.lost = true;
  }

  private async write(document: LeaseDocument): Promise<boolean> {
    if (this.lost || (this.uncertain && !(await this.isStillMine()))) return false;
    const position = nextAfter(this.position);
    const writtenAtMs = this.nowMs();
    this.uncertain = true;
    const { applied } = await this.leases.write([{ id: this.name, position, document }]);
    this.uncertain = false;
    this.lost = applied === 0;
    if (this.lost) return false;
    this.position = position;
    this.document = document;
    this.renewedAtMs = writtenAtMs;
    return true;
  }

  /** After a write whose answer was lost: goes on from what is stored. */
  private async isStillMine(): Promise<boolean> {
    const found = await this.leases.get(this.name);
    const { holder, epoch } = this.document;
    if (!found || found.document.holder !== holder || found.document.epoch !== epoch) {
      this.lost = true;
      return false;
    }
    this.position = found.position;
    return true;
  }

  private inLine<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.line.then(task);
    this.line = turn.catch(() => undefined);
    return turn;
  }
}
