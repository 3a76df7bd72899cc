import type { ReceiptKeyText } from '../mapping/receipt-key';

/** Lines set aside while reading, without ever being part of a receipt. */
export interface LineTally {
  readonly excluded: Readonly<Record<string, number>>;
  readonly rejectedLines: number;
}

/** What an import has done; `lines` are all that are settled, wherever they lie. */
export interface ImportCounts extends LineTally {
  readonly lines: number;
  readonly linesInReceipts: number;
  readonly receipts: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly quarantinedLines: number;
}

/** Nothing done yet. */
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

/** Where reading goes on: after a line, but without the later lines of receipts that are settled already. */
export interface ReadingPlace {
  /** All lines up to this one are settled. */
  readonly after: number;
  /** Settled receipts with lines beyond it, each with the number of its last line. */
  readonly ahead: readonly (ReceiptKeyText & { readonly last: number })[];
}

/** What is settled, and where to go on. */
export interface Progress extends ReadingPlace {
  readonly counts: ImportCounts;
  /** A sale that is known to be recorded: by it a later run tells whether it talks to the same platform. */
  readonly sample?: ReceiptKeyText | undefined;
}
