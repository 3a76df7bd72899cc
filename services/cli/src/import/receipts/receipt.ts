import type { RecordBlock } from '../csv/record-block';
import type { LineTally } from '../progress/counts';
import type { MappedLine } from '../mapping/line-mapper';
import { keyJson, type ReceiptKeyText } from '../mapping/receipt-key';

/** Most lines the platform takes on one receipt. */
export const MAX_LINES = 1_000;

/** Neighbouring records of one block that belong to a receipt. */
interface Segment {
  readonly block: RecordBlock;
  readonly from: number;
  to: number;
}

/** One text for a natural key. */
export const nameOf = (key: ReceiptKeyText) => `${key.store}\u001f${key.terminal}\u001f${key.receipt}`;

/** A receipt while its lines are read, sent and answered. */
export class Receipt {
  /** Number of its last record so far. */
  last: number;
  /** How many records it has. */
  records = 0;
  /** Why it cannot be sent. */
  flaw: string | undefined;
  /** The receipt that takes its further lines, where it was full. */
  continuation: Receipt | undefined;
  outcome: 'accepted' | 'duplicate' | 'quarantined' | 'rejected' | undefined;
  private done = false;
  private lines = 0;
  private sold = '';
  private back = '';
  private of: string | undefined;
  private unlinked = false;
  private segments: Segment[] = [];

  constructor(
    readonly key: ReceiptKeyText,
    /** Customer, staff and sequence as the file writes them; the same on every line. */
    readonly headerText: string,
    readonly headerJson: string,
    /** Number of its first record, from 1. */
    readonly first: number,
    /** What was set aside before its first record. */
    readonly before: LineTally,
    /** The number in the file under which its lines are found; differs from the key's where a receipt was split. */
    readonly name = nameOf(key),
    readonly part = 1,
  ) {
    this.last = first;
  }

  /** Sent and answered, or never to be sent; with all that continues it. */
  get settled(): boolean {
    return this.done && (this.continuation === undefined || this.continuation.settled);
  }

  /** Notes the answer, and forgets what was only needed to show the receipt or to send it. */
  settle(outcome: NonNullable<Receipt['outcome']>): void {
    this.outcome = outcome;
    this.done = true;
    this.forget();
  }

  get isFull(): boolean {
    return this.lines >= MAX_LINES;
  }

  /** Notes where a record of this receipt stands, so that it can be shown if the receipt is refused. */
  hold(block: RecordBlock, place: number, record: number): void {
    const segment = this.segments[this.segments.length - 1];
    if (segment && segment.block === block && segment.to === place - 1) segment.to = place;
    else this.segments.push({ block, from: place, to: place });
    this.last = record;
    this.records++;
  }

  /** Adds a line; returns why it cannot be on this receipt, if so. */
  add(line: MappedLine): string | undefined {
    if (!line.back) this.sold = this.sold ? `${this.sold},${line.json}` : line.json;
    else {
      if (line.of === undefined ? this.of !== undefined : this.unlinked || (this.of !== undefined && this.of !== line.of)) {
        return 'its returned lines do not all name the same original receipt';
      }
      if (line.of === undefined) this.unlinked = true;
      else this.of = line.of;
      this.back = this.back ? `${this.back},${line.json}` : line.json;
    }
    this.lines++;
    return undefined;
  }

  /** The item to send. */
  json(): string {
    const head = `${keyJson(this.key)},${this.headerJson}`;
    if (!this.back) return `{${head},"lines":[${this.sold}]}`;
    const returned = this.of ? `"of":${this.of},"returned":[${this.back}]` : `"${this.sold ? 'returnedLines' : 'lines'}":[${this.back}]`;
    if (this.sold) return `{"kind":"exchange",${head},"lines":[${this.sold}],${returned}}`;
    const header = this.of ? head.replace(/,"customer":"(?:[^"\\]|\\.)*"/, '') : head;
    return `{"kind":"return",${header},${returned}}`;
  }

  /** True for a sale, which can be looked up again under its number. */
  get isSale(): boolean {
    return this.back === '';
  }

  /** Hands over its records as they stand in the file, and forgets them. */
  *release(): Generator<{ readonly line: number; readonly text: string }> {
    const segments = this.segments;
    this.segments = [];
    for (const { block, from, to } of segments) for (let place = from; place <= to; place++) yield block.raw(place);
  }

  /** Forgets what is only needed while it may still be refused. */
  forget(): void {
    this.segments = [];
    this.sold = '';
    this.back = '';
  }
}
