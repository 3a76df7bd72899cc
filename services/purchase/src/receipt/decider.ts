import { canonicalJson, dayNumber, type Decider, isRefusal, naturalId, type Refusal, refused } from '@regulars/kernel';
import { entryOfRecorded, entryOfReturned } from './entries';
import type { ReceiptEvent, Recorded, Returned, ReturnedLine } from './events';

/** A return as the till asks for it: lines by number, amounts where the till knows them. */
export interface ReturnRequest extends Omit<Returned, 'lines' | 'customer' | 'purchaseId'> {
  readonly lines: readonly { readonly line: number; readonly quantity: number; readonly net?: number | undefined }[];
}

/** Says where the goods of a linked return are booked. */
export type ReturnNote = Extract<ReceiptEvent, { type: 'purchase.return-noted.v1' }>['data'];

/** What may be asked of a receipt. Times are UTC, ids were derived by the caller. */
export type ReceiptCommand =
  | { readonly type: 'record'; readonly occurredAt: string; readonly receipt: Recorded }
  | { readonly type: 'return'; readonly occurredAt: string; readonly request: ReturnRequest }
  | { readonly type: 'note-return'; readonly occurredAt: string; readonly note: ReturnNote }
  | {
      readonly type: 'withdraw-return';
      readonly occurredAt: string;
      readonly returnId: string;
      /** True where another receipt took the return's number, so that it is refused after all. */
      readonly numberTaken?: boolean;
    }
  | {
      readonly type: 'void';
      readonly occurredAt: string;
      readonly businessDate: string;
      readonly reason: string;
      readonly staff?: string | undefined;
    }
  | {
      readonly type: 'claim';
      readonly occurredAt: string;
      readonly businessDate: string;
      readonly customer: string;
      readonly staff?: string | undefined;
      /** How many days after the purchase it may still be claimed. */
      readonly windowDays: number;
    };

/** What a receipt's stream folds to. */
export interface ReceiptState {
  readonly recorded?: Recorded;
  /** Set in the stream of a linked return's own receipt. */
  readonly notedFor?: ReturnNote;
  readonly returns: readonly Returned[];
  /** Returns taken back: the same return again is no new one. */
  readonly withdrawn: readonly Returned[];
  /** The customer it belongs to, by the card at the till or by a claim. */
  readonly owner?: string | undefined;
  readonly claimed: boolean;
  readonly voided: boolean;
}

/** One receipt: recorded once for ever; its returns, void and claim follow. Returns never exceed what was bought. */
export const receipt: Decider<ReceiptCommand, ReceiptEvent, ReceiptState> = {
  initialState: () => ({ returns: [], withdrawn: [], claimed: false, voided: false }),
  evolve,
  decide,
};

function evolve(state: ReceiptState, event: Pick<ReceiptEvent, 'type' | 'data'>): ReceiptState {
  const known = event as ReceiptEvent;
  switch (known.type) {
    case 'purchase.recorded.v1':
      return { ...state, recorded: known.data, owner: known.data.customer };
    case 'purchase.returned.v1':
      return { ...state, returns: [...state.returns, known.data] };
    case 'purchase.return-withdrawn.v1': {
      const { returnId } = known.data;
      const [withdrawn, returns] = partition(state.returns, (returned) => returned.returnId === returnId);
      return { ...state, returns, withdrawn: [...state.withdrawn, ...withdrawn] };
    }
    case 'purchase.return-noted.v1':
      return { ...state, notedFor: known.data };
    case 'purchase.voided.v1':
      return { ...state, voided: true };
    case 'purchase.claimed.v1':
      return { ...state, owner: known.data.customer, claimed: true };
    default:
      return known satisfies never;
  }
}

function decide(command: ReceiptCommand, state: ReceiptState): readonly ReceiptEvent[] | Refusal {
  switch (command.type) {
    case 'record':
      return record(command, state);
    case 'return':
      return takeBack(command, state);
    case 'note-return':
      return noteReturn(command, state);
    case 'withdraw-return':
      return withdrawReturn(command, state);
    case 'void':
      return voidReceipt(command, state);
    case 'claim':
      return claim(command, state);
  }
}

type CommandOf<Type extends ReceiptCommand['type']> = Extract<ReceiptCommand, { type: Type }>;

function record({ occurredAt, receipt: content }: CommandOf<'record'>, state: ReceiptState): readonly ReceiptEvent[] | Refusal {
  if (state.notedFor) return refused('purchase.conflict', 'The receipt number is taken by a return');
  if (state.recorded) {
    return sameReceipt(state.recorded, content) ? [] : refused('purchase.conflict', 'The receipt is recorded with other content');
  }
  return [{ type: 'purchase.recorded.v1', id: content.purchaseId, occurredAt, data: content }];
}

/** The business date follows from the store's zone and the text of a time may name another offset: neither makes another receipt. */
function sameReceipt(a: Recorded | Returned, b: Recorded | Returned): boolean {
  return comparable(a) === comparable(b);
}

function comparable({ businessDate: _, businessTime, ...content }: Recorded | Returned): string {
  return canonicalJson({ ...content, instant: Date.parse(businessTime) });
}

function takeBack({ occurredAt, request }: CommandOf<'return'>, state: ReceiptState): readonly ReceiptEvent[] | Refusal {
  const { recorded } = state;
  if (!recorded) return refused('purchase.unknown', 'The receipt to return on has not arrived yet');
  const lines = linesBack(recorded, request);
  const before = [...state.returns, ...state.withdrawn].find(({ returnId }) => returnId === request.returnId);
  if (before) {
    const again = isRefusal(lines) ? undefined : { ...before, ...request, lines: [...lines] };
    return again && sameReceipt(before, again) ? [] : refused('purchase.conflict', 'The return is recorded with other content');
  }
  if (state.voided) return refused('purchase.voided', 'The receipt to return on has been voided');
  if (recorded.currency !== request.currency) return refused('return.currency', 'The purchase was in another currency');
  if (isRefusal(lines)) return lines;
  const tooMuch = exceeds(recorded, state.returns, lines);
  if (tooMuch) return tooMuch;
  const data: Returned = { ...request, purchaseId: recorded.purchaseId, customer: state.owner, lines: [...lines] };
  return [{ type: 'purchase.returned.v1', id: naturalId('returned', request.returnId), occurredAt, data }];
}

/**
 * The returned lines with what was paid for them. Where the till names no amount it is the same share of the line's net, rounded
 * towards zero: so that partial returns in any order and number never give back more than was paid.
 */
function linesBack(recorded: Recorded, request: ReturnRequest): readonly ReturnedLine[] | Refusal {
  const lines: ReturnedLine[] = [];
  for (const { line, quantity, net } of request.lines) {
    const bought = recorded.lines[line - 1];
    if (!bought) return refused('return.line-unknown', `The receipt has ${recorded.lines.length} lines, not ${line}`, { line });
    const share = (whole: number) => Number((BigInt(whole) * BigInt(quantity)) / BigInt(bought.quantity));
    const { sku, category, cost } = bought;
    lines.push({ line, sku, category, quantity, net: net ?? share(bought.net), cost: cost === undefined ? undefined : share(cost) });
  }
  return lines;
}

/** Nobody can return more than was bought: neither goods nor money, all returns together. */
function exceeds(recorded: Recorded, earlier: readonly Returned[], lines: readonly ReturnedLine[]): Refusal | undefined {
  const all = [...earlier.flatMap((returned) => returned.lines), ...lines];
  for (const { line } of lines) {
    const bought = recorded.lines[line - 1];
    const back = all.filter((other) => other.line === line);
    const quantityOver = sum(back, 'quantity') - (bought?.quantity ?? 0);
    const netOver = sum(back, 'net') - (bought?.net ?? 0);
    if (quantityOver > 0 || netOver > 0) {
      return refused('return.exceeds', `Line ${line}: more would come back than was bought`, { line, quantityOver, netOver });
    }
  }
  return undefined;
}

function sum(lines: readonly ReturnedLine[], field: 'quantity' | 'net'): number {
  return lines.reduce((total, line) => total + line[field], 0);
}

function partition<T>(items: readonly T[], matches: (item: T) => boolean): [T[], T[]] {
  return [items.filter(matches), items.filter((item) => !matches(item))];
}

function noteReturn({ occurredAt, note }: CommandOf<'note-return'>, state: ReceiptState): readonly ReceiptEvent[] | Refusal {
  if (state.notedFor?.purchaseId === note.purchaseId) return [];
  if (state.notedFor || state.recorded) return refused('purchase.conflict', 'The receipt number of the return is already taken');
  return [{ type: 'purchase.return-noted.v1', id: naturalId('return-noted', note.returnId), occurredAt, data: note }];
}

function withdrawReturn(command: CommandOf<'withdraw-return'>, state: ReceiptState): readonly ReceiptEvent[] | Refusal {
  const { occurredAt, returnId, numberTaken } = command;
  const returned = state.returns.find((other) => other.returnId === returnId);
  if (!returned) return [];
  const { purchaseId, currency, exchange } = returned;
  const entries = [entryOfReturned(returned)];
  const data = { purchaseId, returnId, numberTaken, exchange, customer: state.owner, currency, entries };
  return [{ type: 'purchase.return-withdrawn.v1', id: naturalId('return-withdrawn', returnId), occurredAt, data }];
}

function voidReceipt(command: CommandOf<'void'>, state: ReceiptState): readonly ReceiptEvent[] | Refusal {
  const { occurredAt, businessDate, reason, staff } = command;
  const { recorded, notedFor } = state;
  if (state.voided) return [];
  const voided = recorded ?? notedFor;
  if (!voided) return refused('purchase.unknown', 'The receipt to void has not arrived yet');
  if (state.returns.length > 0) return refused('void.has-returns', 'Goods of this receipt have come back already');
  const purchaseId = recorded?.purchaseId ?? notedFor?.returnId ?? '';
  const { store, currency } = voided;
  // A linked return's goods are booked at their purchase and withdrawn there: its own receipt has no entries.
  const entries = recorded ? [entryOfRecorded(recorded)] : [];
  const data = { purchaseId, store, businessDate, reason, staff, customer: state.owner, currency, entries };
  return [{ type: 'purchase.voided.v1', id: naturalId('voided', purchaseId), occurredAt, data }];
}

function claim(command: CommandOf<'claim'>, state: ReceiptState): readonly ReceiptEvent[] | Refusal {
  const { occurredAt, businessDate, customer, staff, windowDays } = command;
  const { recorded } = state;
  if (!recorded) return refused('purchase.unknown', 'The receipt to claim has not arrived yet');
  if (state.owner === customer && state.claimed) return [];
  if (state.voided) return refused('purchase.voided', 'The receipt to claim has been voided');
  if (state.owner !== undefined) return refused('claim.has-customer', 'The receipt belongs to a customer already');
  const ageDays = dayNumber(businessDate) - dayNumber(recorded.businessDate);
  if (ageDays > windowDays)
    return refused('claim.window-closed', `Claims end ${windowDays} days after the purchase`, { ageDays, windowDays });
  const { purchaseId, store, currency } = recorded;
  const entries = [entryOfRecorded(recorded), ...state.returns.map(entryOfReturned)];
  const data = { purchaseId, store, businessDate, customer, staff, currency, entries };
  return [{ type: 'purchase.claimed.v1', id: naturalId('claimed', purchaseId), occurredAt, data }];
}
