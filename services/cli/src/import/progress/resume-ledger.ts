import type { ReceiptKeyText } from '../mapping/receipt-key';
import type { Receipt } from '../receipts/receipt';
import type { ImportCounts, LineTally, Progress } from './counts';

type ReceiptSums = { -readonly [Name in keyof Omit<ImportCounts, 'lines' | 'excluded' | 'rejectedLines'>]: number };

/**
 * Knows what is settled. Receipts may be interleaved and are answered in any order; reading can go on before the first
 * line of the first receipt that is not answered, if the lines of answered ones that lie beyond are then left out. No more
 * receipts can lie across a line than were open at it, so there are few of those.
 */
export class ResumeLedger {
  /** Receipts in the order of their first lines; those before `head` are settled and counted. */
  private receipts: Receipt[] = [];
  private head = 0;
  /** Counted receipts that may have lines after the place to go on from. */
  private across: Receipt[] = [];
  private sums: ReceiptSums;
  private rejectedInReceipts = 0;
  private readonly base: LineTally;
  private sample: ReceiptKeyText | undefined;

  constructor(private readonly from: Progress) {
    const { lines: _, excluded, rejectedLines, ...sums } = from.counts;
    this.sums = sums;
    this.base = { excluded, rejectedLines };
    this.sample = from.sample;
  }

  /** Receipts that wait for an answer, or for one before them. */
  get size(): number {
    return this.receipts.length - this.head;
  }

  opened(receipt: Receipt): void {
    this.receipts.push(receipt);
  }

  /** Counts what has been settled since the last call. */
  advance(): void {
    for (let next = this.receipts[this.head]; next?.settled; next = this.receipts[++this.head]) this.count(next);
    if (this.head > 4096 || this.size === 0) {
      this.receipts = this.receipts.slice(this.head);
      this.head = 0;
    }
    const after = (this.receipts[this.head]?.first ?? Infinity) - 1;
    this.across = this.across.filter(({ last }) => last > after);
  }

  /** What is settled now. `read` and `tally` say how far reading has come. */
  progress(read: number, tally: LineTally): Progress {
    this.advance();
    const next = this.receipts[this.head];
    const after = next ? next.first - 1 : read;
    const ahead = this.across.map(({ name, last }) => ({ ...keyOfName(name), last }));
    const earlier = this.from.ahead.filter(({ last }) => last > after);
    return { after, ahead: [...earlier, ...ahead], counts: this.counts(next ? next.before : tally), sample: this.sample };
  }

  private count(receipt: Receipt): void {
    if (receipt.last > receipt.first) this.across.push(receipt);
    const { outcome, records } = receipt;
    if (outcome === 'rejected') {
      this.rejectedInReceipts += records;
      return;
    }
    const { sums } = this;
    sums.linesInReceipts += records;
    sums.receipts++;
    if (outcome === 'accepted') sums.accepted++;
    if (outcome === 'duplicate') sums.duplicate++;
    if (outcome === 'quarantined') {
      sums.quarantined++;
      sums.quarantinedLines += records;
    } else if (receipt.isSale) this.sample = receipt.key;
  }

  private counts(tally: LineTally): ImportCounts {
    const excluded: Record<string, number> = { ...this.base.excluded };
    for (const [rule, count] of Object.entries(tally.excluded)) excluded[rule] = (excluded[rule] ?? 0) + count;
    const rejectedLines = this.base.rejectedLines + tally.rejectedLines + this.rejectedInReceipts;
    const excludedLines = Object.values(excluded).reduce((sum, count) => sum + count, 0);
    return { ...this.sums, lines: this.sums.linesInReceipts + excludedLines + rejectedLines, excluded, rejectedLines };
  }
}

function keyOfName(name: string): ReceiptKeyText {
  const [store = '', terminal = '', receipt = ''] = name.split('\u001f');
  return { store, terminal, receipt };
}
