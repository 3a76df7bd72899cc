import { LOG_SOURCE, ParkingIntake, type DeadLetters, type RedriveOutcome, type Report } from '@regulars/engine';
import type { Clock, Position } from '@regulars/kernel';
import type { DeliveredMessage, Watermark } from '@regulars/ports';
import { openOrPutAside, parkedContribution, type LedgerFolders } from '../contribution/projection';
import type { LedgerSnapshot } from '../contribution/snapshot';
import { LedgerWithGaps } from './gaps';
import { Moments } from './moments';

/** What ledgers of partitions are opened with. */
export interface OwnedLedgerPorts {
  readonly folders: Omit<LedgerFolders, 'onFault'>;
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
  readonly report: Report;
}

/** The ledger of one partition, while it is owned. It remembers its place in the partition and how far it goes in the log. */
export class OwnedLedger {
  private readonly moments: Moments;
  private readonly intake: ParkingIntake<DeliveredMessage>;
  private watermark: Watermark | undefined;

  private constructor(
    readonly source: string,
    readonly content: LedgerWithGaps,
    { deadLetters, clock, report }: OwnedLedgerPorts,
  ) {
    this.moments = new Moments(clock);
    this.intake = new ParkingIntake(parkedContribution, content, deadLetters, report);
  }

  /** Opens a partition's ledger where it stands on this disk; what others parked and re-drove of it meanwhile is heard of. */
  static async open(source: string, ports: OwnedLedgerPorts): Promise<OwnedLedger> {
    const { folders, deadLetters, report } = ports;
    const onFault = (reason: string) => report('fault', { projection: parkedContribution.name, version: source, reason });
    const ledger = await openOrPutAside({ ...folders, onFault }, encodeURIComponent(source));
    const owned = new OwnedLedger(source, new LedgerWithGaps(source, ledger), ports);
    try {
      await deadLetters.refresh(owned.consumer);
      await owned.content.fill(deadLetters);
    } catch (error) {
      await ledger.close();
      throw error;
    }
    return owned;
  }

  /** The name its parked messages are kept under. */
  get consumer(): string {
    return this.intake.consumer;
  }

  /** Where to go on in the partition; undefined at its beginning. */
  get position(): Position | undefined {
    return this.content.cursor()[this.source];
  }

  /** How far in the log it has been told that it goes; undefined before the first watermark. */
  get passed(): Watermark | undefined {
    return this.watermark;
  }

  /** Takes a batch in. One call at a time. */
  take(messages: readonly DeliveredMessage[], position: Position): Promise<void> {
    const before = this.logPosition;
    const logPosition = messages.reduce((highest, message) => {
      const own = message.logPosition ?? '';
      return own > highest ? own : highest;
    }, before);
    this.content.begin(messages);
    return this.intake.take(messages, { [this.source]: position, ...(logPosition === '' ? {} : { [LOG_SOURCE]: logPosition }) });
  }

  /** Notes the moment of a watermark. One from before what is inside is a relay's repeat and means nothing. */
  pass(watermark: Watermark): void {
    const { logPosition } = watermark;
    if (logPosition < this.logPosition || logPosition < (this.moments.last ?? '')) return;
    this.watermark = watermark;
    if (logPosition === this.moments.last) this.moments.forget();
    else this.moments.add(logPosition, this.content.ledger.snapshot());
  }

  /** The ledger at a position of the log: `awaited` while it has not come to it; where it stands, when it has passed it unseen. */
  at(position: Position): LedgerSnapshot | 'awaited' | { readonly standsAt: Position } {
    const snapshot = this.moments.at(position);
    if (snapshot) return snapshot;
    const last = this.moments.last ?? '';
    const standsAt = last > this.logPosition ? last : this.logPosition;
    return standsAt > position ? { standsAt } : 'awaited';
  }

  /** Takes parked messages of a key in again. What was answered at positions before does not show them: such moments are let go. */
  async redrive(key: string): Promise<RedriveOutcome> {
    const outcome = await this.intake.redrive(this.consumer, key);
    this.moments.clear();
    return outcome;
  }

  flush(): Promise<void> {
    return this.content.flush();
  }

  close(): Promise<void> {
    return this.content.close();
  }

  /** Highest position in the log of what is inside; '' where nothing is. */
  private get logPosition(): Position {
    return this.content.cursor()[LOG_SOURCE] ?? '';
  }
}
