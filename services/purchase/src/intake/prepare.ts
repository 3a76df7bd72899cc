import {
  type ClaimIntake,
  type ExchangeIntake,
  type IntakeKind,
  type LineIntake,
  type PurchaseIntake,
  type ReceiptKey,
  type ReturnIntake,
  type VoidIntake,
} from '@regulars/contracts';
import { businessDateOfDay, dayInZone, lineAmount, naturalId, type Refusal, refused } from '@regulars/kernel';
import type { ReceiptCommand } from '../receipt/decider';
import type { Recorded, SoldLine } from '../receipt/events';
import type { Store } from '../store/events';
import type { StoreDirectory } from '../store/store-directory';

/** What the platform knows when it prepares an item; times in milliseconds UTC. */
export interface PrepareContext {
  readonly chain: string;
  readonly stores: StoreDirectory;
  readonly nowMs: number;
  /** How far ahead of now a business time may lie. */
  readonly futureToleranceMs: number;
  readonly claimWindowDays: number;
}

/** One command for one stream. */
export interface Step {
  readonly streamId: string;
  readonly store: string;
  readonly command: ReceiptCommand;
}

/** An item as what is to be done: most are one step, a linked return is booked at its purchase first, then noted or recorded under its own number. */
export interface Prepared {
  readonly kind: IntakeKind;
  /** The receipt it is about: the own one, or the one voided or claimed. */
  readonly purchaseId: string;
  readonly day: string;
  /** The one command that decides whether it is new. */
  readonly step: Step;
  /** Done before `step`: the goods that come back on another receipt. */
  readonly takeBack?: Step;
}

/** The id of a receipt, from its natural key. */
export function receiptId(chain: string, { store, terminal, receipt }: ReceiptKey): string {
  return naturalId('purchase', chain, store, terminal, receipt);
}

/** The stream of a receipt. */
export function receiptStream(purchaseId: string): string {
  return `purchase-${purchaseId}`;
}

/** A purchase that matches its schema, as a command; or why it cannot be taken. */
export function preparePurchase(item: PurchaseIntake, context: PrepareContext): Prepared | Refusal {
  return prepareRecord('purchase', 'sale', item, context, { lines: item.lines.map(soldLine), customer: item.customer ?? undefined });
}

/** A return, linked or not. */
export function prepareReturn(item: ReturnIntake, context: PrepareContext): Prepared | Refusal {
  if ('of' in item) return prepareLinked('return', item, context);
  const content = { lines: [], returnedLines: item.lines.map(soldLine), customer: item.customer ?? undefined };
  return prepareRecord('return', 'return', item, context, content);
}

/** An exchange: goods out under its own number, goods back linked or not. */
export function prepareExchange(item: ExchangeIntake, context: PrepareContext): Prepared | Refusal {
  const sold = { lines: item.lines.map(soldLine), customer: item.customer ?? undefined };
  if ('returnedLines' in item) {
    return prepareRecord('exchange', 'exchange', item, context, { ...sold, returnedLines: item.returnedLines.map(soldLine) });
  }
  const exchangeOf = receiptId(context.chain, item.of);
  const own = prepareRecord('exchange', 'exchange', item, context, { ...sold, exchangeOf });
  if ('refused' in own) return own;
  const linked = prepareLinked('exchange', item, context);
  return 'refused' in linked ? linked : { ...own, takeBack: linked.takeBack };
}

/** A void of a whole receipt. */
export function prepareVoid(item: VoidIntake, context: PrepareContext): Prepared | Refusal {
  const time = businessTime(item.of.store, item.occurredAt, context);
  if ('refused' in time) return time;
  const { occurredAt, businessDate } = time;
  const purchaseId = receiptId(context.chain, item.of);
  const command = { type: 'void' as const, occurredAt, businessDate, reason: item.reason, staff: item.staff };
  return { kind: 'void', purchaseId, day: businessDate, step: { streamId: receiptStream(purchaseId), store: item.of.store, command } };
}

/** A claim of an anonymous receipt by a member. */
export function prepareClaim(item: ClaimIntake, context: PrepareContext): Prepared | Refusal {
  const time = businessTime(item.of.store, item.occurredAt, context);
  if ('refused' in time) return time;
  const { occurredAt, businessDate } = time;
  const purchaseId = receiptId(context.chain, item.of);
  const { customer, staff } = item;
  const command = { type: 'claim' as const, occurredAt, businessDate, customer, staff, windowDays: context.claimWindowDays };
  return { kind: 'claim', purchaseId, day: businessDate, step: { streamId: receiptStream(purchaseId), store: item.of.store, command } };
}

type Header = Pick<PurchaseIntake, 'store' | 'terminal' | 'receipt' | 'sequence' | 'staff' | 'occurredAt' | 'currency'>;

function prepareRecord(
  kind: IntakeKind,
  recordedAs: Recorded['kind'],
  header: Header,
  context: PrepareContext,
  content: Pick<Recorded, 'lines' | 'returnedLines' | 'customer' | 'exchangeOf'>,
): Prepared | Refusal {
  const time = businessTime(header.store, header.occurredAt, context);
  if ('refused' in time) return time;
  const wrong = wrongCurrency(header, time.store) ?? wrongAmount([...content.lines, ...(content.returnedLines ?? [])]);
  if (wrong) return wrong;
  const purchaseId = receiptId(context.chain, header);
  const recorded: Recorded = { purchaseId, kind: recordedAs, ...receiptOf(header, time), ...content };
  const command = { type: 'record' as const, occurredAt: time.occurredAt, receipt: recorded };
  return { kind, purchaseId, day: time.businessDate, step: { streamId: receiptStream(purchaseId), store: header.store, command } };
}

type Linked = Extract<ReturnIntake | ExchangeIntake, { of: ReceiptKey }>;

function prepareLinked(kind: 'return' | 'exchange', item: Linked, context: PrepareContext): (Prepared & { takeBack: Step }) | Refusal {
  const time = businessTime(item.store, item.occurredAt, context);
  if ('refused' in time) return time;
  const wrong = wrongCurrency(item, time.store);
  if (wrong) return wrong;
  const returnId = receiptId(context.chain, item);
  const purchaseId = receiptId(context.chain, item.of);
  const { occurredAt, businessDate: day } = time;
  const lines = item.returned.map(({ line, quantity, net }) => ({ line, quantity: thousandths(quantity), net }));
  const request = { returnId, exchange: kind === 'exchange', ...receiptOf(item, time), lines };
  const note = { returnId, purchaseId, store: item.store, currency: time.store.currency };
  return {
    kind,
    purchaseId: returnId,
    day,
    takeBack: { streamId: receiptStream(purchaseId), store: item.store, command: { type: 'return', occurredAt, request } },
    step: { streamId: receiptStream(returnId), store: item.store, command: { type: 'note-return', occurredAt, note } },
  };
}

interface BusinessTime {
  readonly store: Store;
  /** UTC. */
  readonly occurredAt: string;
  /** In the store's zone. */
  readonly businessDate: string;
}

function businessTime(storeId: string, text: string, context: PrepareContext): BusinessTime | Refusal {
  const store = context.stores.get(storeId);
  if (!store) return refused('store.unknown', 'The store is not registered', { store: storeId });
  const instantMs = Date.parse(text);
  if (Number.isNaN(instantMs)) return refused('request.invalid', 'occurredAt is no moment of the calendar');
  if (instantMs > context.nowMs + context.futureToleranceMs) return refused('purchase.future', 'The business time lies in the future');
  const businessDate = businessDateOfDay(dayInZone(instantMs, store.timeZone));
  const closed = store.closed !== null && businessDate >= store.closed;
  if (closed || (store.opened !== null && businessDate < store.opened)) {
    return refused('store.not-open', `The store was not open on ${businessDate}`, { opened: store.opened, closed: store.closed });
  }
  return { store, occurredAt: new Date(instantMs).toISOString(), businessDate };
}

function receiptOf(header: Header, { store, businessDate }: BusinessTime) {
  const { terminal, receipt, sequence, staff, occurredAt } = header;
  return { store: store.store, terminal, receipt, sequence, staff, businessTime: occurredAt, businessDate, currency: store.currency };
}

function wrongCurrency({ currency }: Pick<Header, 'currency'>, store: Store): Refusal | undefined {
  if (currency === undefined || currency === store.currency) return undefined;
  return refused('purchase.currency', `The store sells in ${store.currency}`);
}

/** Most that one receipt may come to, in minor units: a hundred thousand million euros is a typing error, and sums over it stay exact. */
const RECEIPT_AMOUNT_MAX = 10_000_000_000_000;

function wrongAmount(lines: readonly SoldLine[]): Refusal | undefined {
  let net = 0;
  let cost = 0;
  for (const line of lines) {
    if (line.net < 0) return refused('purchase.amount', 'A discount is larger than its line');
    net += line.net;
    cost += line.cost ?? 0;
  }
  if (net + cost <= RECEIPT_AMOUNT_MAX) return undefined;
  return refused('purchase.amount', `Amounts and costs of a receipt may come to ${RECEIPT_AMOUNT_MAX} minor units`);
}

/** A quantity of units as integer thousandths; the schema has seen to it that nothing is lost. */
function thousandths(quantity: number): number {
  return Math.round(quantity * 1000);
}

function soldLine({ sku, category, quantity, unitPrice, discount, net, cost }: LineIntake): SoldLine {
  const pieces = thousandths(quantity);
  return { sku, category, quantity: pieces, unitPrice, discount, net: net ?? lineAmount(unitPrice, pieces) - (discount ?? 0), cost };
}
