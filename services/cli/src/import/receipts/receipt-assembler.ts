import { EMPTY_LINE, type RecordBlock } from '../csv/record-block';
import { Flaw } from '../mapping/flaw';
import type { LineMapper } from '../mapping/line-mapper';
import type { ReceiptKeyText } from '../mapping/receipt-key';
import type { Mapping } from '../mapping/mapping-schema';
import type { LineTally, ReadingPlace } from '../progress/counts';
import { MAX_LINES, nameOf, Receipt } from './receipt';

/** Name under which empty lines are counted among the excluded. */
export const EMPTY_LINES_RULE = 'empty lines';

/** What the assembler tells whoever sends receipts and keeps the books. */
export interface AssemblerEvents {
  /** A receipt has got its first line. */
  opened(receipt: Receipt): void;
  /** All lines of a receipt are together; send it, or where it has a flaw, settle it. */
  closed(receipt: Receipt): void;
  /** A line cannot be sent; `line` counts the lines of the file from 1, `text` is the line as it stands there. */
  rejected(line: number, text: string, reason: string): void;
  /** A line belongs to a receipt that an earlier run settled. */
  passed(block: RecordBlock, place: number): void;
}

/**
 * Joins lines into receipts. Lines of a receipt may be interleaved with those of others: the `openAtOnce` receipts that
 * were touched last stay open. A receipt is whole or not sent at all: one bad line takes the others with it.
 */
export class ReceiptAssembler {
  /** Records read so far. */
  records: number;
  private readonly open = new Map<string, Receipt>();
  private current: Receipt | undefined;
  private readonly ahead: Map<string, number>;
  private readonly excluded: Record<string, number> = {};
  private loose = 0;
  private snapshot: LineTally | undefined;

  constructor(
    private readonly mapper: LineMapper,
    private readonly rules: Mapping['receipts'],
    private readonly events: AssemblerEvents,
    from: ReadingPlace = { after: 0, ahead: [] },
  ) {
    this.records = from.after;
    this.ahead = new Map(from.ahead.map(({ last, ...key }) => [nameOf(key), last]));
  }

  /** What was set aside so far. The same object until it changes. */
  get tally(): LineTally {
    this.snapshot ??= { excluded: { ...this.excluded }, rejectedLines: this.loose };
    return this.snapshot;
  }

  /** Takes the records of a block from one place on. */
  take(block: RecordBlock, from = 0): void {
    for (let place = from; place < block.records.length; place++) {
      this.records++;
      const flaw = block.flaws?.get(place);
      if (flaw === EMPTY_LINE) this.exclude(EMPTY_LINES_RULE);
      else this.takeRecord(block, place, flaw);
    }
    block.forgetFields();
  }

  /** Closes what is still open, at the end of the file. */
  finish(): void {
    for (const receipt of this.open.values()) this.events.closed(receipt);
    this.open.clear();
    this.current = undefined;
  }

  private takeRecord(block: RecordBlock, place: number, flaw: string | undefined): void {
    const row = block.records[place] ?? [];
    const rule = flaw === undefined ? this.mapper.excludedBy(row) : -1;
    if (rule >= 0) return this.exclude(this.mapper.ruleNames[rule] ?? '');
    const key = this.mapper.keyOf(row);
    if (key instanceof Flaw || (flaw !== undefined && /\uFFFD/.test(`${key.store}${key.terminal}${key.receipt}`))) {
      return this.reject(block, place, flaw ?? (key as Flaw).reason);
    }
    if (this.ahead.size > 0 && this.isSettled(key)) return this.events.passed(block, place);
    const receipt = this.receiptOf(row, key);
    receipt.hold(block, place, this.records);
    const reason = flaw ?? receipt.flaw ?? this.addLine(receipt, row, key);
    if (reason !== undefined) this.poison(receipt, block.raw(place).line, reason);
  }

  /** Lines of receipts that an earlier run settled lie among those it did not come to. */
  private isSettled(key: ReceiptKeyText): boolean {
    const name = nameOf(key);
    const last = this.ahead.get(name);
    if (last === undefined || this.records > last) return false;
    if (this.records === last) this.ahead.delete(name);
    return true;
  }

  private addLine(receipt: Receipt, row: readonly string[], key: ReceiptKeyText): string | undefined {
    if (this.mapper.headerText(row) !== receipt.headerText) return 'customer, staff or sequence differs from the first line of the receipt';
    if (receipt.isFull) return `the receipt has more than ${MAX_LINES} lines; receipts.longerThan1000Lines in the mapping could split it`;
    const line = this.mapper.line(row, key);
    return line instanceof Flaw ? line.reason : receipt.add(line);
  }

  /** The open receipt of a line, or a new one. */
  private receiptOf(row: readonly string[], key: ReceiptKeyText): Receipt {
    const { current } = this;
    if (current && !current.isFull && sameKey(current.key, key)) return current;
    const name = nameOf(key);
    const known = this.open.get(name);
    if (known) {
      this.open.delete(name);
      if (!known.isFull || known.flaw !== undefined || this.rules.longerThan1000Lines === 'reject') {
        this.open.set(name, known);
        this.current = known;
        return known;
      }
    }
    const receipt = this.begin(row, key, name, known);
    if (known) this.events.closed(known);
    if (this.open.size > this.rules.openAtOnce) this.closeOldest();
    return receipt;
  }

  private begin(row: readonly string[], key: ReceiptKeyText, name: string, full: Receipt | undefined): Receipt {
    const part = (full?.part ?? 0) + 1;
    const header = this.mapper.headerJson(row, key);
    const ownKey = full ? { ...key, receipt: `${key.receipt}#${part}` } : key;
    const receipt = new Receipt(
      ownKey,
      this.mapper.headerText(row),
      header instanceof Flaw ? '' : header,
      this.records,
      this.tally,
      name,
      part,
    );
    if (header instanceof Flaw) receipt.flaw = header.reason;
    if (full) full.continuation = receipt;
    this.open.set(name, receipt);
    this.current = receipt;
    this.events.opened(receipt);
    return receipt;
  }

  private closeOldest(): void {
    for (const [name, receipt] of this.open) {
      this.open.delete(name);
      this.events.closed(receipt);
      return;
    }
  }

  /** A flawed receipt's lines go to the rejected file at once, so that it costs no memory however long it is. */
  private poison(receipt: Receipt, line: number, reason: string): void {
    const isFirst = receipt.outcome === undefined;
    receipt.outcome = 'rejected';
    if (isFirst) receipt.flaw = `line ${line} of its receipt was rejected: ${reason}`;
    const { flaw = reason } = receipt;
    for (const raw of receipt.release()) this.events.rejected(raw.line, raw.text, raw.line === line ? reason : flaw);
    receipt.forget();
  }

  private reject(block: RecordBlock, place: number, reason: string): void {
    const raw = block.raw(place);
    this.loose++;
    this.snapshot = undefined;
    this.events.rejected(raw.line, raw.text, reason);
  }

  private exclude(rule: string): void {
    this.excluded[rule] = (this.excluded[rule] ?? 0) + 1;
    this.snapshot = undefined;
  }
}

function sameKey(a: ReceiptKeyText, b: ReceiptKeyText): boolean {
  return a.receipt === b.receipt && a.terminal === b.terminal && a.store === b.store;
}
