import type { Receipt } from '../receipts/receipt';

/** Lines set aside while reading, without ever being part of a receipt. */
export interface LineTally {
  readonly excluded: Readonly<Record<string, number>>;
  readonly rejectedLines: number;
}

/** What an import has done with the lines up to one of them. */
export interface ImportCounts extends LineTally {
  readonly lines: number;
  readonly linesInReceipts: number;
  readonly receipts: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly quarantinedLines: number;
}

type ReceiptSums = Omit<ImportCounts, 'lines' | 'excluded' | 'rejectedLines'>;

export const noCounts: ImportCounts = {
  lines: 0,
  linesInReceipts: 0,
  receipts: 0,
  accepted: 0,
  duplicate: 0,
  quarantined: 0,
  quarantinedLines: 0,
  rejectedLines: 0,
  excluded: {},
};

/**
 * Knows up to which line everything is settled. Receipts may be interleaved and are answered in any order; a line is a
 * safe place to go on from only if no receipt has lines on both sides of it, and all receipts before it are answered.
 */
export class ResumeLedger {
  /** Receipts in the order of their first lines; those before `head` are settled and gone. */
  private receipts: Receipt[] = [];
  private head = 0;
  /** Last line of all receipts that are gone. */
  private reach: number;
  private sums: ReceiptSums;
  private rejectedInReceipts = 0;
  private readonly base: LineTally;
  private safe: ImportCounts;
  /** A sale that is known to be recorded: by it a later run tells whether it talks to the same platform. */
  sample: Receipt['key'] | undefined;

  constructor(from: ImportCounts, sample?: Receipt['key']) {
    const { lines, excluded, rejectedLines, ...sums } = from;
    this.sums = sums;
    this.base = { excluded, rejectedLines };
    this.safe = from;
    this.reach = lines;
    this.sample = sample;
  }

  /** Receipts opened and not yet passed. */
  get size(): number {
    return this.receipts.length - this.head;
  }

  opened(receipt: Receipt): void {
    this.receipts.push(receipt);
  }

  /** Counts of everything up to the safe line. `read` and `tally` say how far reading has come. */
  upTo(read: number, tally: LineTally): ImportCounts {
    let cut: (() => ImportCounts) | undefined;
    for (let next = this.receipts[this.head]; next?.settled; next = this.receipts[this.head]) {
      this.pass(next);
      this.head++;
      const following = this.receipts[this.head];
      if (following && following.first > this.reach) {
        const { sums, rejectedInReceipts } = this;
        cut = () => this.counts(following.first - 1, following.before, sums, rejectedInReceipts);
      }
    }
    if (cut) this.safe = cut();
    if (this.head > 4096) {
      this.receipts = this.receipts.slice(this.head);
      this.head = 0;
    }
    if (this.size === 0) this.safe = this.counts(read, tally, this.sums, this.rejectedInReceipts);
    return this.safe;
  }

  private pass(receipt: Receipt): void {
    this.reach = Math.max(this.reach, receipt.last);
    const { outcome, records } = receipt;
    if (outcome === 'rejected') {
      this.rejectedInReceipts += records;
      return;
    }
    this.sums = {
      linesInReceipts: this.sums.linesInReceipts + records,
      receipts: this.sums.receipts + 1,
      accepted: this.sums.accepted + Number(outcome === 'accepted'),
      duplicate: this.sums.duplicate + Number(outcome === 'duplicate'),
      quarantined: this.sums.quarantined + Number(outcome === 'quarantined'),
      quarantinedLines: this.sums.quarantinedLines + (outcome === 'quarantined' ? records : 0),
    };
    if (outcome !== 'quarantined' && receipt.isSale) this.sample = receipt.key;
  }

  private counts(lines: number, tally: LineTally, sums: ReceiptSums, rejectedInReceipts: number): ImportCounts {
    const excluded: Record<string, number> = { ...this.base.excluded };
    for (const [rule, count] of Object.entries(tally.excluded)) excluded[rule] = (excluded[rule] ?? 0) + count;
    return { ...sums, lines, excluded, rejectedLines: this.base.rejectedLines + tally.rejectedLines + rejectedInReceipts };
  }
}
