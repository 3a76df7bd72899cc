/** The natural key of a receipt, as the mapping read it. */
export interface ReceiptKeyText {
  readonly store: string;
  readonly terminal: string;
  readonly receipt: string;
}

const SAFE_TEXT = /^[A-Za-z0-9 ._:/#@+-]*$/;

/** Text as JSON; most ids need no escaping. */
export const quoted = (text: string) => (SAFE_TEXT.test(text) ? `"${text}"` : JSON.stringify(text));

/** A receipt's natural key as JSON members. */
export const keyJson = ({ store, terminal, receipt }: ReceiptKeyText) =>
  `"store":${quoted(store)},"terminal":${quoted(terminal)},"receipt":${quoted(receipt)}`;
