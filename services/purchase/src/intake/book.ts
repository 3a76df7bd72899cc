import { type Causation, isRefusal, type Refusal, type StoredEvent } from '@regulars/kernel';
import { type CommandResult, fold, handleCommand, handleCommands, type StreamCommand } from '@regulars/engine';
import type { EventStore } from '@regulars/ports';
import { receipt, type ReceiptCommand } from '../receipt/decider';
import type { ReceiptEvent } from '../receipt/events';
import { type Prepared, receiptStream, type Step } from './prepare';

/** What became of a prepared item in the event store. */
export type Booked =
  | { readonly outcome: 'accepted' }
  /** It was there before; `history` shows since when and by whom. */
  | { readonly outcome: 'duplicate'; readonly history: readonly StoredEvent[] }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

/** Where and under which ids things are booked. */
export interface BookContext extends Causation {
  readonly chain: string;
  readonly eventStore: EventStore;
}

/**
 * Books prepared items in their order. Neighbouring receipts of their own go to the store in one round trip, since nearly all are new;
 * what touches another receipt (a linked return, a void, a claim) is booked one by one.
 */
export async function book(items: readonly Prepared[], context: BookContext): Promise<readonly Booked[]> {
  const booked: Booked[] = [];
  let run: Prepared[] = [];
  const bookRun = async () => {
    const requests = run.map(({ step }) => request(step, context));
    const results = await handleCommands(context.eventStore, receipt, requests, { expectNew: true });
    booked.push(...results.map(outcomeOf));
    run = [];
  };
  for (const item of items) {
    if (item.step.command.type === 'record' && !item.takeBack) {
      run.push(item);
      continue;
    }
    if (run.length > 0) await bookRun();
    booked.push(await bookAlone(item, context));
  }
  if (run.length > 0) await bookRun();
  return booked;
}

function bookAlone(item: Prepared, context: BookContext): Promise<Booked> {
  if (item.takeBack) return bookTakenBack(item, item.takeBack, context);
  return item.kind === 'void' ? bookVoid(item, context) : handle(item.step, context).then(outcomeOf);
}

/**
 * A linked return lives in the stream of its purchase, where alone it can be seen that not too much comes back; its own number is taken
 * in a stream of its own. The purchase goes first: a crash in between is completed by the till's repeat. If another receipt takes
 * the number in the same instant, the return is withdrawn.
 */
async function bookTakenBack({ step, purchaseId }: Prepared, takeBack: Step, context: BookContext): Promise<Booked> {
  const own = receipt.decide(step.command, fold(receipt, await context.eventStore.readStream(step.streamId)));
  if (isRefusal(own)) return { outcome: 'refused', refusal: own };
  const taken = await handle(takeBack, context);
  if (taken.outcome === 'refused') return { outcome: 'refused', refusal: taken.refusal };
  const noted = await handle(step, context);
  if (noted.outcome === 'refused') {
    if (taken.outcome === 'done') await withdraw(takeBack.streamId, purchaseId, takeBack, context);
    return { outcome: 'refused', refusal: noted.refusal };
  }
  if (taken.outcome === 'unchanged' && noted.outcome === 'unchanged') return { outcome: 'duplicate', history: taken.history };
  return { outcome: 'accepted' };
}

/** The void of a receipt that took goods back also withdraws that return from its purchase. */
async function bookVoid({ step }: Prepared, context: BookContext): Promise<Booked> {
  const state = fold(receipt, await context.eventStore.readStream(step.streamId));
  const decided = receipt.decide(step.command, state);
  if (isRefusal(decided)) return { outcome: 'refused', refusal: decided };
  if (state.notedFor) await withdraw(receiptStream(state.notedFor.purchaseId), state.notedFor.returnId, step, context);
  if (state.recorded?.exchangeOf) await withdraw(receiptStream(state.recorded.exchangeOf), state.recorded.purchaseId, step, context);
  return outcomeOf(await handle(step, context));
}

async function withdraw(streamId: string, returnId: string, because: Step, context: BookContext): Promise<void> {
  const { occurredAt } = because.command;
  await handle({ streamId, store: because.store, command: { type: 'withdraw-return', occurredAt, returnId } }, context);
}

function handle(step: Step, context: BookContext): Promise<CommandResult<ReceiptEvent>> {
  return handleCommand(context.eventStore, receipt, request(step, context));
}

function request({ streamId, store, command }: Step, context: BookContext): StreamCommand<ReceiptCommand> {
  const { chain, correlationId, causationId, traceparent } = context;
  return { streamId, store, command, chain, correlationId, causationId, traceparent };
}

function outcomeOf(result: CommandResult<ReceiptEvent>): Booked {
  if (result.outcome === 'done') return { outcome: 'accepted' };
  return result.outcome === 'unchanged'
    ? { outcome: 'duplicate', history: result.history }
    : { outcome: 'refused', refusal: result.refusal };
}
